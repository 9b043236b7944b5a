import type { ApiClient } from '../../nodes/InsightFaceSwap/api/client';
import { generatedReference, isGenerated, type Job } from '../../nodes/InsightFaceSwap/api/job';
import {
	isSurelyOf,
	KnownJobs,
	mayBeOf,
	type Submission,
} from '../../nodes/InsightFaceSwap/jobs/knownJobs';

const sentAt = Date.parse('2026-11-25T12:00:00Z');
const reference = generatedReference();

const submission = (change: Partial<Submission> = {}): Submission => ({
	verb: 'faceswap-picsi',
	reference: 'order 1',
	texts: [
		['options', '-m'],
		['channel', '1'],
		['replyRef', 'order 1'],
		['replyUrl', 'https://n8n.example.com/webhook-waiting/1'],
	],
	sizes: { source_image: 100, target_image_gif_or_video: 200 },
	sentAt,
	...change,
});

const jobWith = (change: Partial<Job> = {}): Job => ({
	jobid: 'a',
	verb: 'faceswap-picsi',
	replyRef: 'order 1',
	replyUrl: 'https://n8n.example.com/webhook-waiting/2',
	created: '2026-11-25T12:00:01Z',
	options: '-m',
	channel: '1',
	source_image: { size: 100, type: 'image/png' },
	target_image_gif_or_video: { size: 200, type: 'image/png' },
	...change,
});

test('a job with all that was sent may be of the submission, whatever its reply URL', () => {
	expect(mayBeOf(jobWith(), submission())).toBe(true);
	expect(isSurelyOf(jobWith(), submission())).toBe(true);
});

test.each<[string, Partial<Job>]>([
	['another reference', { replyRef: 'order 2' }],
	['another command', { verb: 'faceswap-swap' }],
	['a picture of another size', { source_image: { size: 101 } }],
	['other options', { options: '-s' }],
	['another channel', { channel: '2' }],
	['a time more than two minutes before', { created: '2026-11-25T11:57:59Z' }],
])('a job with %s is not', (_what, change) => {
	expect(mayBeOf(jobWith(change), submission())).toBe(false);
});

test('a job with options is not of a submission without', () => {
	expect(mayBeOf(jobWith(), submission({ texts: [] }))).toBe(false);
	expect(mayBeOf(jobWith({ options: '' }), submission({ texts: [] }))).toBe(true);
});

test.each<[string, Partial<Job>]>([
	['its command', { verb: undefined }],
	['its time', { created: undefined }],
	['its options', { options: undefined }],
	['its pictures', { source_image: undefined, target_image_gif_or_video: undefined }],
])('a job that does not tell %s may be', (_what, change) => {
	expect(mayBeOf(jobWith(change), submission())).toBe(true);
});

test('a job that does not tell a text that was sent is not surely', () => {
	expect(isSurelyOf(jobWith({ options: undefined }), submission())).toBe(false);
});

test('line breaks and blanks make no difference', () => {
	const prompt = `A knight\r\n${'in armour '.repeat(20)}`;
	const texts: Submission['texts'] = [['prompt', prompt]];
	const told = (text: string) => jobWith({ prompt: text, options: undefined });
	expect(mayBeOf(told(prompt.replace('\r', '')), submission({ texts }))).toBe(true);
	expect(mayBeOf(told(`${prompt} `), submission({ texts }))).toBe(true);
});

test('long texts are compared to their end', () => {
	const prompt = 'a knight '.repeat(500);
	const texts: Submission['texts'] = [['prompt', `${prompt} at dawn`]];
	const told = jobWith({ prompt: `${prompt} at dusk`, options: undefined });
	expect(mayBeOf(told, submission({ texts }))).toBe(false);
});

test('a reference that the node has made up needs neither a time nor texts', () => {
	const job = jobWith({ replyRef: reference, created: '2026-11-25T11:50:00Z', options: '-s' });
	expect(mayBeOf(job, submission({ reference }))).toBe(true);
	expect(isSurelyOf(job, submission({ reference }))).toBe(true);
});

test('a reference of the user is not taken for one of the node', () => {
	expect([reference, `${reference}-2`, 'n8n-orders', '', undefined].map(isGenerated)).toEqual([
		true,
		false,
		false,
		false,
		false,
	]);
});

describe('Of the jobs that were received', () => {
	const client: ApiClient = async () => ({
		kind: 'unreachable',
		problem: { message: '', description: '' },
	});
	const find = async (job: Job) => {
		const known = new KnownJobs();
		known.received(job);
		return await known.find({ askedAt: 0 }, client, submission({ reference }), () => false);
	};

	test('the one of a submission is found, also where the API cannot tell', async () => {
		expect(await find(jobWith({ replyRef: reference }))).toMatchObject({ job: { jobid: 'a' } });
	});

	test('one that says far too much is not kept', async () => {
		expect(await find(jobWith({ replyRef: reference, prompt: 'x'.repeat(16_000) }))).toEqual({});
	});
});
