/** The browser that looks at the editor: the system's Chromium, driven by playwright-core. */
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { ensurePackages } from '../../../../tooling/n8n/debian';

const program = '/usr/bin/chromium';

const flags = [
	'--headless',
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

/** Starts the browser; the caller closes it. */
export async function openBrowser(): Promise<Browser> {
	await ensurePackages({ chromium: existsSync(program) });
	return await chromium.launch({ executablePath: program, args: flags });
}
