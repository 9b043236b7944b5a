/** The benchmark: see docs/internals-performance.md, which it writes. */
import { UserError } from '../tooling/n8n/failure';
import { catchUp } from './cases/catch-up';
import { concurrency } from './cases/concurrency';
import { download } from './cases/download';
import { fairness } from './cases/fairness';
import { growth } from './cases/growth';
import { headStart } from './cases/head-start';
import { loading } from './cases/loading';
import { makespan } from './cases/makespan';
import { memory } from './cases/memory';
import { overhead } from './cases/overhead';
import { planning } from './cases/planning';
import { queue } from './cases/queue';
import { trigger } from './cases/trigger';
import { waiting } from './cases/waiting';
import type { Bench } from './context';
import { BenchN8n } from './n8n';
import { printResult } from './print';
import { writeReport } from './report';
import { SimulatorProcess } from './simulator';
import { statusOf, type CaseResult, type Target } from './stats';

export interface BenchOptions {
	quick: boolean;
	/** Names of cases; all if empty. */
	cases: string[];
}

type Measure = (bench: Bench) => Promise<CaseResult[]>;

const CASES: Record<string, Measure> = {
	overhead,
	makespan,
	concurrency,
	fairness,
	'head-start': headStart,
	queue,
	memory,
	download,
	trigger,
	'catch-up': catchUp,
	growth,
	waiting,
	loading,
	planning,
};

/** Runs the benchmark; gives the exit code. Throws UserError for what a user can act on. */
export async function main({ quick, cases }: BenchOptions): Promise<number> {
	if (process.platform !== 'linux') {
		throw new UserError('The benchmark reads memory and processor time as Linux tells them.');
	}
	const wanted = cases.length > 0 ? cases : Object.keys(CASES);
	const unknown = wanted.filter((name) => !CASES[name]);
	if (unknown.length > 0) throw new UserError(`There is no case ${unknown.join(', ')}.`);
	const results = await measured(wanted, quick);
	if (!quick && cases.length === 0) await writeReport(results, true);
	return results.flatMap(({ targets }) => targets).some(hasFailed) ? 1 : 0;
}

/** A time by itself tells as much of the machine as of the node. */
const hasFailed = (target: Target): boolean =>
	target.unit !== 'ms' && statusOf(target) === 'missed';

async function measured(names: string[], quick: boolean): Promise<CaseResult[]> {
	const simulator = await SimulatorProcess.start();
	const api = await simulator.configure({});
	const n8n = await BenchN8n.start('n8n', api);
	const results: CaseResult[] = [];
	try {
		for (const name of names) {
			console.log(name);
			const found = (await CASES[name]?.({ quick, simulator, api, n8n })) ?? [];
			found.forEach(printResult);
			// At once: an error in a later case does not take it along.
			if (!quick) await writeReport(found, false);
			results.push(...found);
		}
	} finally {
		await n8n.stop();
		simulator.stop();
	}
	return results;
}
