import { DeliveryLog } from './eventLedger';
import { watchListOf, type StoredWatchList } from './watchList';

/** The maximum number of jobs kept for each trigger. The oldest go first. */
const MAX_JOBS = 1000;

/**
 * Jobs that workers have reported to this process, while the trigger catches up in another one, by webhook path.
 * They are stored with the workflow as well, which another call that comes at the same time may undo.
 */
const reportedHere = new Map<string, string[]>();

/**
 * Takes the jobs that a worker of queue mode has submitted.
 * @param path of the trigger's webhook
 * @param memory the node's static data
 */
export function takeReport(path: string, memory: StoredWatchList, ids: string[]): void {
	const log = new DeliveryLog(path, memory);
	const open = ids.filter((id) => !log.hasEnded(id));
	if (open.length === 0) return;
	const list = watchListOf(path);
	if (!list) return keep(path, memory, [...reportsOf(path, memory), ...open]);
	for (const id of open) list.add(id);
	list.saveTo(memory);
}

/** The jobs that were reported, and that the process which catches up has not taken. */
export const reportsOf = (path: string, { submitted = [] }: StoredWatchList): string[] => [
	...new Set([...submitted, ...(reportedHere.get(path) ?? [])]),
];

/** Forgets reported jobs that the process which catches up has taken. */
export function dropReports(path: string, memory: StoredWatchList, taken: string[]): void {
	const reports = reportsOf(path, memory);
	if (!reports.some((id) => taken.includes(id))) return;
	keep(
		path,
		memory,
		reports.filter((id) => !taken.includes(id)),
	);
}

function keep(path: string, memory: StoredWatchList, reports: string[]): void {
	const kept = reports.slice(-MAX_JOBS);
	if (kept.length > 0) reportedHere.set(path, kept);
	else reportedHere.delete(path);
	memory.submitted = kept;
}
