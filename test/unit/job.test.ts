import {
	attachmentsOf,
	creditsOf,
	generatedReference,
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
		embeds: [{ title: 'More' }],
		replyRef: 'mine',
		channel: '112227748182245616',
		messageId: '120',
		options: '-m',
		server: '1',
		created: 'now',
	};

	test('has its fields in the order of their use', () => {
		const facts = {
			sourceFile: 'me.png',
			targetFile: 'scene.jpg',
			resumed: true,
			timedOut: true,
			error: 'broken',
			hint: 'try again',
			deleted: true,
		};
		expect(
			Object.entries(simplified({ ...full, attachments: [attachment, attachment] }, facts)),
		).toEqual([
			['status', 'completed'],
			['operation', 'picsi.swap'],
			['sourceFile', 'me.png'],
			['targetFile', 'scene.jpg'],
			['resultUrl', attachment.url],
			['resultUrls', [attachment.url, attachment.url]],
			['creditsRemaining', 3],
			['jobId', 'a'],
			['messageId', '120'],
			['channel', '112227748182245616'],
			['message', 'done (3/50 credits remaining)'],
			['embeds', [{ title: 'More' }]],
			['replyRef', 'mine'],
			['resumed', true],
			['timedOut', true],
			['error', 'broken'],
			['hint', 'try again'],
			['deleted', true],
		]);
	});

	test('has no fields for what is not known', () => {
		expect(simplified({ jobid: 'a', status: 'started', embeds: [] })).toEqual({
			jobId: 'a',
			status: 'started',
		});
	});

	test.each([
		['<@123>', undefined],
		['<@Discord user>', undefined],
		['<@!1> in <#2>: No face found', 'in : No face found'],
		['idname me created', 'idname me created'],
		[{ text: 'an object' }, undefined],
	])('says of %j what the bot has said', (content, message) => {
		expect(simplified({ ...full, content: content as string }).message).toBe(message);
	});

	test('does not show a reply reference that the node has made up', () => {
		expect(simplified({ ...full, replyRef: generatedReference() })).not.toHaveProperty('replyRef');
	});

	test.each([
		['faceswap-changebg', 'changeBackground.create'],
		['faceswap-setid', 'identity.setDefault'],
		['faceswap-new', 'faceswap-new'],
	])('with the verb %s is of the operation %s', (verb, operation) => {
		expect(simplified({ ...full, verb }).operation).toBe(operation);
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
