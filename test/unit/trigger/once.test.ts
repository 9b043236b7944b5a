import { eventOf, Started } from '../../../nodes/InsightFaceSwap/trigger/eventLedger';

const job = { jobid: 'a', status: 'completed', content: 'x', updated: '2026-01-01' };

test('a final state is one event, whatever else is reported with it', () => {
	expect(eventOf({ ...job, content: 'y', updated: '2026-01-02' })).toBe(eventOf(job));
	expect(eventOf({ ...job, status: 'failed' })).not.toBe(eventOf(job));
	expect(eventOf({ ...job, jobid: 'b' })).not.toBe(eventOf(job));
});

test('a running state is as many events as there are different reports of it', () => {
	const running = { ...job, status: 'progress' };
	expect(eventOf({ ...running })).toBe(eventOf(running));
	expect(eventOf({ ...running, content: 'y' })).not.toBe(eventOf(running));
});

test('fields cannot be moved into one another', () => {
	expect(eventOf({ jobid: 'a b', status: 'c' })).not.toBe(eventOf({ jobid: 'a', status: 'b c' }));
});

test('an event is added once, for every copy of the static data', () => {
	const [one, other] = [{}, {}];
	expect(new Started('path', one).add('event')).toBe(true);
	expect(new Started('path', other).add('event')).toBe(false);
	expect(new Started('path', other).add('another')).toBe(true);
	expect(other).toEqual({ started: ['event', 'another'] });
});

test('whichever copy of the static data n8n stores last, it holds every event', () => {
	const [early, late] = [{}, {}];
	new Started('stored late', early).add('event');
	new Started('stored late', late).add('another');
	expect(early).toEqual({ started: ['event', 'another'] });
});

test('what the static data holds is known in a new process', () => {
	const started = new Started('new process', { started: ['event'] });
	expect(started.has('event')).toBe(true);
	expect(started.add('event')).toBe(false);
});

test('triggers do not know of each other', () => {
	new Started('first', {}).add('event');
	expect(new Started('second', {}).has('event')).toBe(false);
});

test('what is taken back may be added again', () => {
	const started = new Started('taken back', {});
	started.add('event');
	started.remove('event');
	expect(new Started('taken back', {}).add('event')).toBe(true);
});

test('what an execution elsewhere has dropped counts again, once', () => {
	new Started('dropped elsewhere', {}).add('event');
	const stored = () => ({ dropped: [{ event: 'event', execution: '7' }] });
	expect(new Started('dropped elsewhere', stored()).add('event')).toBe(true);
	expect(new Started('dropped elsewhere', stored()).add('event')).toBe(false);
});

test('an execution hands what it has dropped on to other processes', () => {
	const stored = { started: ['event', 'another'] };
	expect(new Started('worker', stored).correct('event', undefined, '7')).toBe(false);
	expect(stored).toEqual({
		started: ['another'],
		dropped: [{ event: 'event', execution: '7' }],
	});
});

test('what an execution finds in the place of the report is started once', () => {
	const started = new Started('corrected', {});
	started.add('reported');
	expect(started.correct('reported', 'found', '7')).toBe(true);
	expect(started.has('reported')).toBe(false);
	expect(started.correct('reported', 'found', '8')).toBe(false);
});
