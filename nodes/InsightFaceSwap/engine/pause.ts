import { sleep, type IExecuteFunctions } from 'n8n-workflow';

const MIN_POLL_MS = 10_000;
const MAX_POLL_MS = 30_000;
const GROWTH = 1.4;

/**
 * The pause before the `attempt`-th look at a job (from 0), in milliseconds: within the 10 to 30
 * seconds that the API asks for, growing, and jittered so that many waiters do not look at once.
 */
export function pollPause(attempt: number): number {
	const base = Math.min(MAX_POLL_MS * 0.8, MIN_POLL_MS * GROWTH ** attempt);
	return Math.round(base * (1 + Math.random() * 0.25));
}

/** Sleeps for `ms`, or until the user presses Stop. */
export async function pause(context: IExecuteFunctions, ms: number): Promise<void> {
	const signal = context.getExecutionCancelSignal();
	if (signal?.aborted) return;
	let stop = () => {};
	const stopped = new Promise<void>((resolve) => {
		stop = resolve;
		signal?.addEventListener('abort', stop, { once: true });
	});
	await Promise.race([sleep(ms), stopped]);
	signal?.removeEventListener('abort', stop);
}

/** Whether the user pressed Stop. */
export const isStopped = (context: IExecuteFunctions): boolean =>
	context.getExecutionCancelSignal()?.aborted ?? false;
