/** What Linux tells about a running process. */
import { readFile, writeFile } from 'node:fs/promises';

/** Linux counts processor time in hundredths of a second on every platform that Node runs on. */
const MS_PER_TICK = 10;

/** Processor time that the process has used so far, in milliseconds; its children are not counted. */
export async function processorTime(pid: number): Promise<number> {
	const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
	// The name may hold blanks and brackets; the state is the first field after it.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

async function memory(pid: number, name: string): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
}

/** Resident memory now, in megabytes (2^20 bytes). */
export const residentMemory = async (pid: number) => await memory(pid, 'VmRSS');

/** The most resident memory since `forgetPeak`, in megabytes. */
export const peakMemory = async (pid: number) => await memory(pid, 'VmHWM');

export async function forgetPeak(pid: number): Promise<void> {
	await writeFile(`/proc/${pid}/clear_refs`, '5');
}
