/** The report: what was compared, in Markdown, without secrets and without values of fields. */
import { callbackDelay, inSeconds, notCompared, type Difference } from './compare';
import type { Observation, Session } from './observe';
import { questionsOf } from './questions';
import { redact } from './redact';
import { shapeOf } from './shape';

export interface Run {
	/** ISO 8601. */
	at: string;
	version: string;
	/** The most credits to spend; undefined when no job was submitted. */
	spend: number | undefined;
	/** Whether callbacks were received. */
	withCallbacks: boolean;
	real: Session;
	simulator: Session;
	differences: Difference[];
}

/** @param secrets the texts that must not stand in it, whatever the API answered */
export function reportOf(run: Run, secrets: readonly string[]): string {
	const sections = [
		heading(run),
		questions(run),
		differencesOf(run),
		callsOf(run),
		jobsOf(run),
		restOf(run),
		shapesOf(run),
	];
	return redact(sections.filter(Boolean).join('\n\n'), secrets) + '\n';
}

/** One line for each difference. */
export const lineOf = ({ call, what, real, simulator }: Difference): string =>
	`${call}: ${what}: API ${real}, simulator ${simulator}`;

function heading({ at, version, spend, withCallbacks, real, differences }: Run): string {
	return [
		'# Conformance report',
		'',
		'The API of useapi.net and the simulator, side by side. It holds types and formats, no values: no token, ID, name or link.',
		'',
		`- Time: ${at}`,
		`- Version: ${version} on Node.js ${process.version}`,
		`- Credits: ${spend === undefined ? 'no job was submitted that costs credits' : `${real.spent} of at most ${spend}`}`,
		`- Callbacks: ${withCallbacks ? 'received' : 'not received (--reply-url)'}`,
		`- Differences: ${differences.length}`,
	].join('\n');
}

function questions({ real }: Run): string {
	const rows = questionsOf(real).map(({ question, answer }) => [question, answer]);
	return rows.length === 0 ? '' : `## What no page says\n\n${table(['question', 'API'], rows)}`;
}

function differencesOf({ differences }: Run): string {
	if (differences.length === 0) return '## Differences\n\nNone.';
	const rows = differences.map(({ call, what, real, simulator }) => [call, what, real, simulator]);
	return `## Differences\n\n${table(['call', 'what', 'API', 'simulator'], rows)}`;
}

function callsOf({ real, simulator }: Run): string {
	const rows = real.observations.map((one) => {
		const other = simulator.observations.find(({ call }) => call === one.call);
		return [one.call, statusOf(one), statusOf(other), one.answer ? inSeconds(one.answer.ms) : ''];
	});
	return `## Calls\n\n${table(['call', 'API', 'simulator', 'time of the API'], rows)}`;
}

const statusOf = (one: Observation | undefined) =>
	one ? String(one.answer?.status ?? one.failure) : 'not called';

function jobsOf({ real }: Run): string {
	if (real.jobs.length === 0) return '';
	const rows = real.jobs.map((job) => {
		const late = callbackDelay(job);
		return [
			job.call,
			job.cost === undefined ? 'not known' : String(job.cost),
			String(job.callbacks.length),
			late === undefined ? '' : inSeconds(late),
		];
	});
	return `## Jobs of the API\n\n${table(['call', 'credits', 'callbacks', 'first one after the end'], rows)}`;
}

function restOf({ real, simulator }: Run): string {
	const lines = [
		...real.skipped.map(({ call, reason }) => `- Not called: ${call}, because ${reason}`),
		...notCompared(real, simulator).map((call) => `- Not compared: ${call}`),
		...real.remarks.map((remark) => `- ${remark}`),
	];
	return lines.length === 0 ? '' : `## Remarks\n\n${lines.join('\n')}`;
}

/** What the simulator's authors need to mend it. */
function shapesOf({ real }: Run): string {
	const shapes = real.observations.map(({ call, answer }) => {
		const lines = [...shapeOf(answer?.body)].map(
			([path, kinds]) => `${path || '(whole)'}: ${[...kinds].join(' or ')}`,
		);
		return `<details><summary>${call}</summary>\n\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n\n</details>`;
	});
	return `## Shapes of the API's answers\n\n${shapes.join('\n')}`;
}

function table(head: string[], rows: string[][]): string {
	const line = (cells: string[]) =>
		`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
	return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
