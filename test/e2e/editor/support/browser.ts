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

/** Installs Chromium if it is missing. Throws UserError where that is not possible. */
export async function ensureBrowser(): Promise<void> {
	await ensurePackages({ chromium: existsSync(program) });
}

/** Starts the browser; the caller closes it. */
export async function openBrowser(): Promise<Browser> {
	await ensureBrowser();
	return await chromium.launch({ executablePath: program, args: flags });
}
