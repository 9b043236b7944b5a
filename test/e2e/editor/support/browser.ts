/** The browser that looks at the editor: the system's Chromium, driven by playwright-core. */
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { run } from '../../../../demo/command';
import { projectFolder } from '../../../../demo/folders';

const program = '/usr/bin/chromium';
const installLimitMs = 10 * 60_000;

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

async function apt(...args: string[]): Promise<void> {
	const words = ['apt-get', ...args];
	const isRoot = process.getuid?.() === 0;
	const [command = '', ...rest] = isRoot ? words : ['sudo', '--non-interactive', ...words];
	const { code, output } = await run(command, rest, {
		cwd: projectFolder,
		env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
		limitMs: installLimitMs,
	});
	if (code === 0) return;
	throw new Error(
		`There is no ${program}, and "${words.join(' ')}" could not install it. Install Debian's package "chromium" and try again.\n${output.slice(-2000)}`,
	);
}

/** Installs Debian's package unless it is there. */
async function ensureChromium(): Promise<void> {
	if (existsSync(program)) return;
	await apt('update');
	await apt('install', '--yes', '--no-install-recommends', 'chromium');
}

/** Starts the browser; the caller closes it. */
export async function openBrowser(): Promise<Browser> {
	await ensureChromium();
	return await chromium.launch({ executablePath: program, args: flags });
}
