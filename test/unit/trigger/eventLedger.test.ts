import { deliveryIdOf, DeliveryLog } from '../../../nodes/InsightFaceSwap/trigger/eventLedger';

const job = { jobid: 'a', status: 'completed', content: 'x', updated: '2026-01-01' };

test('a final state is one event, whatever else the callback holds', () => {
	expect(deliveryIdOf({ ...job, content: 'y', updated: '2026-01-02' })).toBe(deliveryIdOf(job));
	expect(deliveryIdOf({ ...job, status: 'failed' })).not.toBe(deliveryIdOf(job));
	expect(deliveryIdOf({ ...job, jobid: 'b' })).not.toBe(deliveryIdOf(job));
});

test('a running state is one event for each different callback', () => {
	const running = { ...job, status: 'progress' };
	expect(deliveryIdOf({ ...running })).toBe(deliveryIdOf(running));
	expect(deliveryIdOf({ ...running, content: 'y' })).not.toBe(deliveryIdOf(running));
});

test('fields cannot be moved into one another', () => {
	expect(deliveryIdOf({ jobid: 'a b', status: 'c' })).not.toBe(
		deliveryIdOf({ jobid: 'a', status: 'b c' }),
	);
});

test('an event is added once, for every copy of the static data', () => {
	const [one, other] = [{}, {}];
	expect(new DeliveryLog('path', one).add('event')).toBe(true);
	expect(new DeliveryLog('path', other).add('event')).toBe(false);
	expect(new DeliveryLog('path', other).add('another')).toBe(true);
	expect(other).toEqual({ started: ['event', 'another'] });
});

test('every copy of the static data holds every event', () => {
	const [early, late] = [{}, {}];
	new DeliveryLog('stored late', early).add('event');
	new DeliveryLog('stored late', late).add('another');
	expect(early).toEqual({ started: ['event', 'another'] });
});

test('what the static data holds is known in a new process', () => {
	const started = new DeliveryLog('new process', { started: ['event'] });
	expect(started.has('event')).toBe(true);
	expect(started.add('event')).toBe(false);
});

test('triggers do not know of each other', () => {
	new DeliveryLog('first', {}).add('event');
	expect(new DeliveryLog('second', {}).has('event')).toBe(false);
});

test('what is taken back may be added again', () => {
	const started = new DeliveryLog('taken back', {});
	started.add('event');
	started.remove('event');
	expect(new DeliveryLog('taken back', {}).add('event')).toBe(true);
});
