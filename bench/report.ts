/** Writes what was measured: for machines, for readers, and drawn. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { projectFolder } from '../tooling/n8n/folders';
import { plot } from './plot';
import { shown } from './print';
import { statusOf, summary, type CaseResult, type Figure, type Target } from './stats';

const docs = join(projectFolder, 'docs');
const images = join(docs, 'images');
const page = join(docs, 'internals-performance.md');

function wordsOf(target: Target): string {
	const words = { reached: 'reached', noisy: 'within the noise', missed: '**missed**' };
	const found = statusOf(target);
	return found === 'bounded' ? `**missed**: ${target.bound}` : words[found];
}

const file = join(projectFolder, 'bench', 'results.json');

/** A result as it is kept from run to run. */
interface KeptResult extends CaseResult {
	/** In ISO 8601. */
	measuredAt: string;
	machine: string;
}

/**
 * Writes bench/results.json, docs/internals-performance.md and the plots.
 * @param isWhole whether all cases were measured; otherwise the results of the others are kept
 */
export async function writeReport(fresh: CaseResult[], isWhole: boolean): Promise<void> {
	const now = { measuredAt: new Date().toISOString(), machine: machine() };
	const measured = fresh.map((result) => ({ ...result, ...now }));
	const results = isWhole ? measured : merged(await keptResults(), measured);
	await mkdir(images, { recursive: true });
	for (const name of await readdir(images)) {
		if (/^performance-.*\.svg$/.test(name)) await rm(join(images, name));
	}
	for (const result of results) {
		if (result.plots.length > 0) await writeFile(plotFile(result), plot(result));
	}
	await writeFile(page, await format(markdown(results), await options(page)));
	await writeFile(file, await format(JSON.stringify(forMachines(results)), await options(file)));
}

async function keptResults(): Promise<KeptResult[]> {
	return (JSON.parse(await readFile(file, 'utf8')) as { results: KeptResult[] }).results;
}

/** Each known result, or the new one in its place, and after them those that are new altogether. */
function merged(known: KeptResult[], fresh: KeptResult[]): KeptResult[] {
	const isIn = (results: KeptResult[], { id }: KeptResult) => results.find((one) => one.id === id);
	const replaced = known.map((one) => isIn(fresh, one) ?? one);
	return [...replaced, ...fresh.filter((one) => !isIn(known, one))];
}

const options = async (filepath: string) => ({ ...(await resolveConfig(filepath)), filepath });

const plotFile = ({ id }: CaseResult) => join(images, `performance-${id}.svg`);

function forMachines(results: KeptResult[]) {
	return {
		results: results.map(({ targets, figures, ...rest }) => ({
			...rest,
			targets: targets.map((one) => ({ ...one, ...summary(one.samples), status: statusOf(one) })),
			figures: figures.map((one) => ({ ...one, ...summary(one.samples) })),
		})),
	};
}

const machine = () => `${cpus().length} processor cores, Node.js ${process.version}`;

const withUnit = (value: number, unit: string) => [shown(value), unit].filter(Boolean).join(' ');

function range(samples: number[], unit: string): string {
	const { median, min, max } = summary(samples);
	return `${withUnit(median, unit)} | ${withUnit(min, unit)} to ${withUnit(max, unit)}`;
}

const targetRow = (target: Target) =>
	`| ${target.what} | ${range(target.samples, target.unit)} | ${withUnit(target.atMost, target.unit)} | ${wordsOf(target)} |`;

const figureRow = ({ contender, quantity, unit, samples }: Figure) =>
	`| ${contender} | ${quantity} | ${range(samples, unit)} | ${samples.length} |`;

function section(result: KeptResult): string {
	const { title, work, figures, plots, id, targets, measuredAt, machine: where } = result;
	return [
		`## ${title}`,
		`${work} Measured on ${measuredAt.slice(0, 10)} (${where}).`,
		...(targets.length > 0
			? [
					`| what | median | range | at most | |\n| --- | --- | --- | --- | --- |\n${targets.map(targetRow).join('\n')}`,
				]
			: []),
		...(plots.length > 0 ? [`![${title}](images/performance-${id}.svg)`] : []),
		...(figures.length > 0
			? [
					`| | what | median | range | rounds |\n| --- | --- | --- | --- | --- |\n${figures.map(figureRow).join('\n')}`,
				]
			: []),
	].join('\n\n');
}

/** What the page says of some cases before their sections, if it has them. */
const INTRODUCTIONS: Record<string, string> = {
	concurrency:
		'Many executions at once are measured as a bot, a form or a webhook starts them: by calls of a webhook, each with one item. The HTTP Request node beside them has Retry On Fail turned on, with five tries and five seconds between them, which is the most that n8n offers. [How turns are given](internals.md#how-turns-are-given) says what our node does instead.',
	planning:
		'Figures to plan with stand at the end, under Planning. They are taken at the times that the real API takes (5 s for a Picsi swap, 60 s for a background or a headshot); what a real account reaches also depends on its bot.',
};

const introductions = (results: KeptResult[]): string[] =>
	Object.entries(INTRODUCTIONS)
		.filter(([name]) => results.some(({ id }) => id.startsWith(name)))
		.map(([, text]) => text);

function markdown(results: KeptResult[]): string {
	return [
		'# Performance, in full',
		'For users: [Performance](performance.md). Written by `npm run bench`. Do not edit: run it again. `npm run bench -- overhead` measures one case anew and keeps the others.',
		'The node is measured beside what a user could pick instead, in the same n8n and on the same simulator of the API, which runs in a process of its own, and beside plain HTTP clients outside n8n, which show what the machine can do at best. All contenders take turns, round by round; ratios are taken within each round. Times in n8n are those of the node alone, as n8n records them. Processor time is that of n8n for the whole workflow, less that of the same workflow with a node that does nothing.',
		"The HTTP Request node has three ways to send many items. All at once is its default, and what its batching does as long as the interval is 0. With an interval, it starts a batch each time the interval has passed. One by one takes n8n's loop around it; the time of the loop itself is not counted. A channel of the API runs one job at a time and refuses any other, so only one by one compares with the InsightFaceSwap node on one channel. All at once is measured over a thousand channels, so that nothing is refused: nobody has as many.",
		...introductions(results),
		'A bare node is the shortest node from a package that does the work with the helpers that n8n gives it, without checks, without waiting its turn and, where it uploads, with the pictures in memory. What it takes is what n8n takes.',
		'Undici is also measured with 196 MB of small objects in its heap, as many as n8n holds: V8 walks through all of them each time that Node has read some tens of MB.',
		'A target that the median exceeds is within the noise as long as a round has reached it.',
		...results.map(section),
		'',
	].join('\n\n');
}
