/** What all runs of a node know of its paid jobs. */
import type { IDataObject } from 'n8n-workflow';

import { idOf, NodeLedger, type LedgerEntry } from '../../nodes/InsightFaceSwap/ledger/nodeLedger';

const at = Date.now();
const entry = (job: string, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
	item: `item of ${job}`,
	job,
	at,
	...more,
});

const storedBy = (ledger: NodeLedger): IDataObject => {
	const memory: IDataObject = {};
	ledger.save(memory);
	return JSON.parse(JSON.stringify(memory)) as IDataObject;
};

const jobsOf = ({ free }: NodeLedger) => free.map(({ job }) => job);

test('what one process stores, another one reads', () => {
	const one = new NodeLedger();
	one.add(entry('a'));
	const other = new NodeLedger();
	other.load(storedBy(one));
	expect(jobsOf(other)).toEqual(['a']);
});

test('an entry that one process has forgotten is forgotten by one that still stores it', () => {
	const one = new NodeLedger();
	one.add(entry('a'));
	one.add(entry('b'));
	const other = new NodeLedger();
	other.load(storedBy(one));
	one.forget(entry('a'));
	other.load(storedBy(one));
	expect(jobsOf(other)).toEqual(['b']);
	one.load(storedBy(other));
	expect(jobsOf(one)).toEqual(['b']);
});

test('an entry whose job is not known is told from others of an equal item by its time', () => {
	const [one, other] = [
		{ item: 'x', at },
		{ item: 'x', at: at + 1 },
	];
	expect(idOf(one)).not.toBe(idOf(other));
});

test('a claimed entry is free for nobody, but open to the run that has it', () => {
	const ledger = new NodeLedger();
	ledger.add(entry('a'));
	ledger.claims.set('a', 'run 1');
	expect(jobsOf(ledger)).toEqual([]);
	expect(ledger.isOpenTo(entry('a'), 'run 1')).toBe(true);
	expect(ledger.isOpenTo(entry('a'), 'run 2')).toBe(false);
});

test('an entry that a run has delivered is open to no other run', () => {
	const ledger = new NodeLedger();
	ledger.add(entry('a'));
	ledger.forget(entry('a'));
	expect(jobsOf(ledger)).toEqual([]);
	expect(ledger.isOpenTo(entry('a'), 'run 2')).toBe(false);
});

test('static data that holds the same entries is left alone', () => {
	const one = new NodeLedger();
	one.add(entry('a'));
	const memory = storedBy(one);
	const before = memory.jobs;
	const other = new NodeLedger();
	other.load(memory);
	other.save(memory);
	expect(memory.jobs).toBe(before);
});

test('all executions of a process store one list, so that the last one that n8n saves has everything', () => {
	const ledger = new NodeLedger();
	const early: IDataObject = {};
	const late: IDataObject = {};
	ledger.add(entry('a'));
	ledger.save(early);
	ledger.add(entry('b'));
	ledger.save(late);
	expect(early.jobs).toEqual(late.jobs);
});

test('an entry is kept for the 31 days that the API keeps its job, and a thousand of them at most', () => {
	const ledger = new NodeLedger();
	ledger.add(entry('old', { at: at - 31 * 24 * 3_600_000 - 1 }));
	for (let index = 0; index < 1_001; index++) ledger.add(entry(`job ${index}`, { at: at + index }));
	expect(ledger.free).toHaveLength(1_000);
	expect(ledger.free[0]?.job).toBe('job 1');
});
