/** Compares what the two sides answered. Pure. */
import type { JobTrace, Observation, Session } from './observe';
import type { Answer } from './party';
import { compareShapes, shapeOf, MISSING } from './shape';

export interface Difference {
	call: string;
	/** What differs, e.g. `status` or `shape at /credits/used`. */
	what: string;
	real: string;
	simulator: string;
}

/** A callback that comes so many milliseconds later than the simulator's counts as a difference. */
export const CALLBACK_TOLERANCE_MS = 5000;

/** The differences of all calls that both sides made. */
export function compareSessions(real: Session, simulator: Session): Difference[] {
	return [
		...real.observations.flatMap((one) => {
			if (one.isOpen) return [];
			const other = simulator.observations.find(({ call }) => call === one.call);
			return other ? compareObservations(one, other) : [];
		}),
		...real.jobs.flatMap((one) => {
			const other = simulator.jobs.find(({ call }) => call === one.call);
			return other ? compareJobs(one, other) : [];
		}),
	];
}

/** Calls that the real side made and the simulator did not. */
export const notCompared = (real: Session, simulator: Session): string[] =>
	real.observations
		.map(({ call }) => call)
		.filter((call) => !simulator.observations.some((other) => other.call === call));

function compareObservations(one: Observation, other: Observation): Difference[] {
	const { call } = one;
	if (!one.answer || !other.answer) {
		return difference(call, 'answer', outcomeOf(one), outcomeOf(other));
	}
	return [
		...difference(call, 'status', String(one.answer.status), String(other.answer.status)),
		...compareHeaders(call, one.answer, other.answer),
		...compareBodies(call, one.answer.body, other.answer.body),
	];
}

const outcomeOf = ({ answer, failure }: Observation) => (answer ? 'given' : `none (${failure})`);

function compareHeaders(call: string, one: Answer, other: Answer): Difference[] {
	const given = ({ retryAfter }: Answer) => (retryAfter === undefined ? MISSING : 'given');
	return [
		...difference(call, 'header content-type', one.contentType, other.contentType),
		...difference(call, 'header retry-after', given(one), given(other)),
	];
}

const compareBodies = (call: string, one: unknown, other: unknown): Difference[] =>
	compareShapes(shapeOf(one), shapeOf(other)).map(({ path, real, simulator }) => ({
		call,
		what: path === '' ? 'shape' : `shape at ${path}`,
		real,
		simulator,
	}));

function compareJobs(one: JobTrace, other: JobTrace): Difference[] {
	const { call } = one;
	const [end, otherEnd] = [lastOf(one), lastOf(other)];
	return [
		...difference(call, 'end', endOf(one), endOf(other)),
		...compareCosts(one, other),
		...difference(call, 'callbacks', statusesOf(one), statusesOf(other)),
		...(end && otherEnd
			? [
					...difference(call, 'callback’s content-type', end.contentType, otherEnd.contentType),
					...compareBodies(`${call}: callback`, end.body, otherEnd.body),
				]
			: []),
		...compareDelays(one, other),
	];
}

const endOf = ({ endedAt }: JobTrace) => (endedAt === undefined ? 'not within the limit' : 'seen');

const lastOf = ({ callbacks }: JobTrace) => callbacks.at(-1);

function compareCosts(one: JobTrace, other: JobTrace): Difference[] {
	if (one.cost === undefined || other.cost === undefined) return [];
	return difference(one.call, 'credits', String(one.cost), String(other.cost));
}

const statusesOf = ({ callbacks }: JobTrace): string =>
	callbacks.map(({ body }) => String((body as { status?: unknown } | null)?.status)).join(', ') ||
	'none';

function compareDelays(one: JobTrace, other: JobTrace): Difference[] {
	const [late, otherLate] = [callbackDelay(one), callbackDelay(other)];
	if (late === undefined || otherLate === undefined) return [];
	if (late - otherLate <= CALLBACK_TOLERANCE_MS) return [];
	return difference(one.call, 'delay of the callback', inSeconds(late), inSeconds(otherLate));
}

/** Milliseconds from the end of the job, as seen, to its first callback; 0 when that came before. */
export function callbackDelay({ endedAt, callbacks }: JobTrace): number | undefined {
	const [first] = callbacks;
	if (endedAt === undefined || !first) return undefined;
	return Math.max(0, first.at - endedAt);
}

export const inSeconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

function difference(
	call: string,
	what: string,
	real: string = MISSING,
	simulator: string = MISSING,
): Difference[] {
	return real === simulator ? [] : [{ call, what, real, simulator }];
}
