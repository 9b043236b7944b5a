import {
	entryOf,
	knownFrom,
	processOf,
	State,
	stateOf,
	timeOf,
	type Known,
} from '../../../nodes/InsightFaceSwap/jobs/triggerCall';
import {
	keyOf,
	ledgerHere,
	openLedger,
	THIS_PROCESS,
	triggersInUse,
	type TriggerLedger,
} from '../../../nodes/InsightFaceSwap/trigger/triggerLedger';
import { random } from '../../support/random';

const next = random(20_261_130);
const pick = <T>(...values: T[]): T => values[Math.floor(next() * values.length)]!;

/** A few jobs in any states, noted by any of three processes. */
const someKnown = (): Known => {
	const states = Object.values(State);
	const ids = ['a', 'b', 'c', 'd', '~report'].filter(() => next() < 0.7);
	return Object.fromEntries(
		ids.map((id) => [id, entryOf(pick(...states), pick('one', 'two', ''), pick(1e12, 2e12, 3e12))]),
	);
};

let ledgers: TriggerLedger[] = [];
let paths = 0;

const ledgerWith = (jobs?: unknown): TriggerLedger => {
	const ledger = openLedger(`path-${++paths}`, { jobs } as never);
	ledgers.push(ledger);
	return ledger;
};

/** All that a ledger knows. */
const knownTo = (ledger: TriggerLedger): Known => {
	const memory: { jobs?: Known } = {};
	ledger.saveTo(memory);
	return { ...memory.jobs };
};

const merged = (...copies: Known[]): Known => {
	const ledger = ledgerWith();
	for (const copy of copies) ledger.learn(copy);
	return knownTo(ledger);
};

afterEach(() => {
	ledgers.forEach((ledger) => ledger.release());
	ledgers = [];
	expect(triggersInUse()).toBe(0);
});

describe('merging what several processes know', () => {
	const copies = Array.from(
		{ length: 200 },
		() => [someKnown(), someKnown(), someKnown()] as const,
	);

	test('gives the same in any order', () => {
		for (const [one, two] of copies) expect(merged(one, two)).toEqual(merged(two, one));
	});

	test('gives the same in any grouping', () => {
		for (const [one, two, three] of copies) {
			expect(merged(merged(one, two), three)).toEqual(merged(one, merged(two, three)));
		}
	});

	test('changes nothing when it is repeated', () => {
		for (const [one, two] of copies) expect(merged(one, two, two, one)).toEqual(merged(one, two));
	});

	test('never lowers a state', () => {
		for (const [one, two] of copies) {
			const both = merged(one, two);
			for (const [id, entry] of [...Object.entries(one), ...Object.entries(two)]) {
				expect(stateOf(both[id]!)).toBeGreaterThanOrEqual(stateOf(entry));
			}
		}
	});
});

test('an entry holds a state, a time and a process', () => {
	const entry = entryOf(State.started, 'a_-9', 1_764_535_200_000);
	expect([stateOf(entry), timeOf(entry), processOf(entry)]).toEqual([2, 1_764_535_200_000, 'a_-9']);
	const later = entryOf(State.started, 'a', 2e12);
	expect([later, entryOf(State.started, 'x', 1)].sort().pop()).toBe(later);
});

test('what is no entry is left out', () => {
	const good = entryOf(State.watched, 'x');
	const text = `{"good": "${good}", "__proto__": "${good}", "a/b": "${good}", "one": 1, "two": "x", "three": "9mi8x3k2ax"}`;
	expect(Object.keys(knownFrom(JSON.parse(text)))).toEqual(['good', '__proto__']);
	expect(knownFrom(null)).toEqual({});
	expect(knownFrom([good])).toEqual({});
	const ledger = ledgerWith(JSON.parse(text));
	expect(ledger.open().sort()).toEqual(['__proto__', 'good']);
});

describe('the state of a job', () => {
	test('grows from watched to started to done', () => {
		const ledger = ledgerWith();
		ledger.watch('a');
		expect([ledger.open(), ledger.isStarted('a')]).toEqual([['a'], false]);
		expect(ledger.start('a')).toBe(true);
		expect([ledger.open(), ledger.isStarted('a')]).toEqual([[], true]);
		ledger.done('a');
		ledger.watch('a');
		ledger.drop('a');
		expect(ledger.start('a')).toBe(false);
		expect(stateOf(knownTo(ledger).a!)).toBe(State.done);
	});

	test('may still be started once nobody waits any more', () => {
		const ledger = ledgerWith();
		ledger.watch('a');
		ledger.drop('a');
		expect(ledger.open()).toEqual([]);
		expect(ledger.start('a')).toBe(true);
	});

	test('may be started again where n8n could not start the workflow', () => {
		const ledger = ledgerWith();
		for (const key of ['a', '~report']) {
			ledger.start(key);
			ledger.notStarted(key);
		}
		expect(ledger.open()).toEqual(['a']);
		expect([ledger.start('a'), ledger.start('~report')]).toEqual([true, true]);
	});

	test('may also be started again where n8n has stored meanwhile that it was', () => {
		const ledger = ledgerWith();
		ledger.start('a');
		const stored = knownTo(ledger);
		ledger.notStarted('a');
		ledger.learn(stored);
		expect(ledger.open()).toEqual(['a']);
		expect([ledger.start('a'), ledger.start('a')]).toEqual([true, false]);
	});

	test('is started again once where its process has ended with it in hand', () => {
		const ledger = ledgerWith({
			a: entryOf(State.started, 'ended'),
			b: entryOf(State.done, 'ended'),
		});
		expect([ledger.open(), ledger.isRestored('a')]).toEqual([['a'], true]);
		expect([ledger.start('a'), ledger.start('a')]).toEqual([true, false]);
		expect(ledger.start('b')).toBe(false);
	});

	test('is not started again where this very process has it in hand', () => {
		const ledger = ledgerWith({ a: entryOf(State.started, THIS_PROCESS) });
		expect([ledger.open(), ledger.start('a')]).toEqual([[], false]);
	});

	test('is done ten minutes after an execution was started, which a worker or another process may have', () => {
		const ledger = ledgerWith();
		ledger.start('a');
		ledger.learn({ b: entryOf(State.started, 'other') });
		const states = () => Object.values(knownTo(ledger)).map(stateOf);
		ledger.settle();
		expect(states()).toEqual([State.started, State.started]);
		const { now } = Date;
		jest.spyOn(Date, 'now').mockImplementation(() => now() + 600_001);
		ledger.settle();
		expect(states()).toEqual([State.done, State.done]);
		jest.restoreAllMocks();
	});
});

test.each([['done'], ['dropped']] as const)(
	'of too many jobs the oldest that are %s go first',
	(state) => {
		const ledger = ledgerWith({
			old: entryOf(State.watched, 'x', 1),
			[state]: entryOf(State[state], 'x', 2),
		});
		for (let index = 0; index < 999; index++) ledger.watch(`job-${index}`);
		expect(Object.keys(knownTo(ledger))).toHaveLength(1000);
		expect(knownTo(ledger)).not.toHaveProperty(state);
		ledger.watch('one more');
		expect(knownTo(ledger)).not.toHaveProperty('old');
	},
);

test('what this process has noted is to be stored, and what it has learnt is not', () => {
	const ledger = ledgerWith({ a: entryOf(State.watched, 'x') });
	ledger.learn({ b: entryOf(State.done, 'other') });
	expect(ledger.hasChanged).toBe(false);
	ledger.start('a');
	expect(ledger.hasChanged).toBe(true);
	ledger.saveTo({});
	expect(ledger.hasChanged).toBe(false);
});

test('all copies of the static data hold what the last one knows', () => {
	const ledger = ledgerWith();
	const [early, late] = [{}, {}];
	ledger.watch('a');
	ledger.saveTo(early);
	ledger.watch('b');
	ledger.saveTo(late);
	expect(Object.keys((early as { jobs: Known }).jobs)).toEqual(['a', 'b']);
	expect(early).toEqual(late);
});

test('static data that knows all is not touched', () => {
	const jobs = { a: entryOf(State.done, 'x') };
	const ledger = ledgerWith(jobs);
	const memory = Object.freeze({ jobs });
	expect(() => ledger.saveTo(memory)).not.toThrow();
});

test('a ledger is kept while somebody uses it, or the trigger listens', () => {
	const ledger = openLedger('kept', {});
	expect(openLedger('kept', {})).toBe(ledger);
	ledger.active = { workflow: '1', url: 'https://n8n.example.com/kept', since: 0 };
	ledger.release();
	ledger.release();
	expect(ledgerHere('kept')).toBe(ledger);
	openLedger('kept', {});
	ledger.active = undefined;
	ledger.release();
	expect(ledgerHere('kept')).toBeUndefined();
});

describe('the key of a report', () => {
	const job = { jobid: 'a', status: 'completed', content: 'x', updated: '2026-01-01' };
	const running = { ...job, status: 'progress' };

	test('is the job for its end', () => {
		expect(keyOf(job)).toBe('a');
		expect(keyOf({ ...job, status: 'failed' })).toBe('a');
	});

	test('is its own for each different report of a running job', () => {
		expect(keyOf(running)).toMatch(/^~[\w-]{16}$/);
		expect(keyOf({ ...running })).toBe(keyOf(running));
		expect(keyOf({ ...running, content: 'y' })).not.toBe(keyOf(running));
		expect(keyOf({ jobid: 'a b', status: 'c' })).not.toBe(keyOf({ jobid: 'a', status: 'b c' }));
	});

	test('is not waited for', () => {
		const ledger = ledgerWith({ [keyOf(running)]: entryOf(State.started, 'ended') });
		expect([ledger.open(), ledger.start(keyOf(running))]).toEqual([[], false]);
	});
});
