import {
	attachmentsOf,
	creditsOf,
	hasFailed,
	isRunning,
	jobsOf,
} from '../../nodes/InsightFaceSwap/api/job';
import { simplified } from '../../nodes/InsightFaceSwap/jobs/jobOutput';

describe('the status of a job', () => {
	test.each(['created', 'started', 'progress'])('%s is running', (status) => {
		expect(isRunning({ status })).toBe(true);
	});

	test.each(['failed', 'moderated', 'cancelled'])('%s has failed', (status) => {
		expect(hasFailed({ status })).toBe(true);
		expect(isRunning({ status })).toBe(false);
	});

	test('completed has ended well', () => {
		expect(hasFailed({ status: 'completed' })).toBe(false);
		expect(isRunning({ status: 'completed' })).toBe(false);
	});
});

describe("credits in the bot's message", () => {
	test('are read', () => {
		expect(creditsOf('ChangeBG [credits: 4] (796/800 credits remaining)')).toEqual({
			remaining: 796,
			total: 800,
		});
	});

	test('are nothing where it names none', () => {
		expect(creditsOf('idname me created')).toBeUndefined();
	});
});

describe('the list of running jobs', () => {
	const job = { jobid: 'a', status: 'started' };

	test.each([
		['an array', [job]],
		['an object keyed by id', { a: job }],
		['jobs within an object', { jobs: [job] }],
		['keyed jobs within an object', { jobs: { a: job } }],
	])('as %s', (_shape, body) => {
		expect(jobsOf(body)).toEqual([job]);
	});

	test.each([[null], ['text'], [[]], [{}]])('%j has none', (body) => {
		expect(jobsOf(body)).toEqual([]);
	});
});

describe('a simplified job', () => {
	const attachment = { url: 'https://cdn.example/a.png' };
	const full = {
		jobid: 'a',
		status: 'completed',
		verb: 'faceswap-picsi',
		content: 'done (3/50 credits remaining)',
		attachments: [attachment],
		replyRef: 'mine',
		channel: '112227748182245616',
		options: '-m',
		server: '1',
		created: 'now',
	};

	test('has at most ten fields, the most useful first', () => {
		expect(Object.keys(simplified(full))).toEqual([
			'jobId',
			'status',
			'verb',
			'content',
			'resultUrl',
			'creditsRemaining',
			'creditsTotal',
			'replyRef',
			'channel',
			'options',
		]);
	});

	test('tells the error of a failed job as text', () => {
		expect(simplified({ jobid: 'a', status: 'failed', error: { message: 'no face' } })).toEqual({
			jobId: 'a',
			status: 'failed',
			error: 'no face',
		});
	});

	test('ignores attachments without a link', () => {
		expect(attachmentsOf({ attachments: [{}, attachment] })).toEqual([attachment]);
		expect(attachmentsOf({ attachments: 'none' })).toEqual([]);
	});
});
