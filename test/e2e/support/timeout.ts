/** Real processes on busy machines: what waits has limits of its own. */
jest.setTimeout(10 * 60_000);
