/** One demo at a time: two would write into the same database. */
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../tooling/n8n/failure';

/** Whether the process is there and, where that can be seen (Linux), runs the demo. */
async function runsTheDemo(pid: number): Promise<boolean> {
	try {
		process.kill(pid, 0);
	} catch {
		return false;
	}
	if (process.platform !== 'linux') return true;
	const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
	return commandLine.includes('run.mjs');
}

/**
 * Claims n8n's user folder for this process; gives what releases it. Throws UserError while another
 * process holds it. A claim whose process is gone counts as released.
 */
export async function claimUserFolder(folder: string): Promise<() => Promise<void>> {
	const claim = join(folder, 'demo.pid');
	const holder = existsSync(claim) ? Number(await readFile(claim, 'utf8')) : 0;
	if (holder > 0 && holder !== process.pid && (await runsTheDemo(holder))) {
		throw new UserError(
			`The demo is already running as process ${holder}. End it with Ctrl-C (or, if that process is something else, delete ${claim}).`,
		);
	}
	await writeFile(claim, String(process.pid));
	return async () => await rm(claim, { force: true });
}
