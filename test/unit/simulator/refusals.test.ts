import type { Simulator } from '../../../simulator';
import { multipart, rawRequest } from './raw-request';
import { sendJson, simulate, someFile, submit, type Parts } from './support';

let simulator: Simulator;
let channel: string;

beforeEach(async () => {
	simulator = await simulate({ drawResults: false });
	channel = simulator.channels[0] ?? '';
});

const file = someFile();
const long = 'x'.repeat(1025);
const picsi = { source_image: file, target_image_gif_or_video: file };
const picsiPictures = 'source_image or target_image_gif_or_video';

const refusals: Array<[verb: string, why: string, parts: Parts, error: string]> = [
	['saveid', 'no idname', { image: file }, 'Required param idname is missing or empty'],
	['saveid', 'no picture', { idname: 'me' }, 'Required param image is missing or empty'],
	[
		'saveid',
		'an empty picture',
		{ idname: 'me', image: someFile('image/png', 0) },
		'Required param image is missing or empty',
	],
	[
		'saveid',
		'a text for a picture',
		{ idname: 'me', image: 'x' },
		'Param image is not File or Blob',
	],
	[
		'saveid',
		'no channel among several',
		{ idname: 'me', image: file },
		'Required param channel is missing or empty',
	],
	['setid', 'no idname', {}, 'Required param idname is missing or empty'],
	['delid', 'no idname', {}, 'Required param idname is missing or empty'],
	['listid', 'no channel', {}, 'Required param channel is missing or empty'],
	['setid', 'no channel', { idname: 'me' }, 'Required param channel is missing or empty'],
	['delid', 'no channel', { idname: 'me' }, 'Required param channel is missing or empty'],
	['delall', 'no channel', {}, 'Required param channel is missing or empty'],
	[
		'swapid',
		'no channel',
		{ idname: 'me', image: file },
		'Required param channel is missing or empty',
	],
	[
		'inswapper',
		'no channel',
		{ targetMessageId: '1' },
		'Required param channel is missing or empty',
	],
	['headshot', 'no channel', { prompt: 'a king' }, 'Required param channel is missing or empty'],
	['headshot', 'a blank prompt', { prompt: ' ' }, 'Required param prompt is missing or empty'],
	['inswapper', 'no message', {}, 'Required param targetMessageId is missing or empty'],
	['swap', 'no picture', {}, 'Required param saveid_image is missing or empty'],
	[
		'picsi',
		'one picture alone',
		{ source_image: file },
		`Required param ${picsiPictures} is missing or empty`,
	],
	[
		'picsi',
		'a text for a picture',
		{ ...picsi, source_image: 'x' },
		`Param ${picsiPictures} is not File or Blob`,
	],
	[
		'picsi',
		'a video',
		{ ...picsi, target_image_gif_or_video: someFile('video/mp4') },
		'Video is currently not supported',
	],
	[
		'picsi',
		'a long replyRef',
		{ ...picsi, replyRef: long },
		'Optional param replyUrl or replyRef is too long',
	],
	[
		'changebg',
		'no prompt',
		{ image: file },
		'Required param a_background_photo_of is missing or empty',
	],
	[
		'changebg',
		'a long replyUrl',
		{ image: file, a_background_photo_of: 'beach', replyUrl: long },
		'Optional param replyUrl is too long',
	],
	['listid', 'a long replyRef', { replyRef: long }, 'Optional param replyRef is too long'],
	[
		'picsi',
		'an unknown channel',
		{ ...picsi, channel: '99' },
		'Configuration not found for channel 99, to create POST v1/faceswap/account/99',
	],
];

test.each(refusals)('refuses %s with %s', async (verb, _why, parts, error) => {
	const answer = await submit(simulator, verb, parts);
	expect([answer.status, answer.json]).toEqual([400, { error, code: 400 }]);
	expect(simulator.jobs).toEqual([]);
});

test.each<[verb: string, parts: Parts]>([
	['picsi', picsi],
	['changebg', { image: file, a_background_photo_of: 'beach' }],
	['swap', { saveid_image: file, swapid_image: file }],
])('takes /%s without a channel among several', async (verb, parts) => {
	expect((await submit(simulator, verb, parts)).status).toBe(200);
});

test('refuses JSON where a form is due', async () => {
	const answer = await sendJson(simulator, '/v1/faceswap/listid', { channel });
	const error = 'Content-Type must be multipart/form-data';
	expect([answer.status, answer.json]).toEqual([400, { error, code: 400 }]);
});

test('takes JSON for a headshot', async () => {
	const body = { channel, prompt: 'a king' };
	const answer = await sendJson(simulator, '/v1/faceswap/headshot', body);
	expect(answer.json).toMatchObject({ status: 'started', prompt: 'a king' });
});

test('refuses a prompt with a forbidden word as moderated', async () => {
	const answer = await submit(simulator, 'headshot', { channel, prompt: 'a Forbidden king' });
	expect([answer.status, answer.json.code]).toEqual([422, 422]);
});

const form = 'Content-Type: multipart/form-data; boundary=edge';
const named = (headers: string) =>
	multipart(
		'Content-Disposition: form-data; name="idname"\r\n\r\nme',
		`Content-Disposition: form-data; name="image"${headers}\r\n\r\nbytes`,
	);

test.each([
	['without a file name', '\r\nContent-Type: image/png'],
	['without a content type', '; filename="me.png"'],
])('refuses a picture %s', async (_why, headers) => {
	const body = named(headers);
	const head = ['POST /v1/faceswap/saveid HTTP/1.1', form, `Content-Length: ${body.length}`];
	const answer = await rawRequest(simulator, head, body);
	expect(answer).toContain('HTTP/1.1 400');
	expect(answer).toContain('Param image is not File or Blob');
});

test('refuses a body of unknown length', async () => {
	const body = multipart('Content-Disposition: form-data; name="idname"\r\n\r\nme');
	const head = ['POST /v1/faceswap/setid HTTP/1.1', form, 'Transfer-Encoding: chunked'];
	const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
	const answer = await rawRequest(simulator, head, chunked);
	expect(answer).toContain('HTTP/1.1 411');
	expect(answer).toContain('{"error":"Length Required","code":411}');
});

test('refuses a form that breaks off', async () => {
	const body = '--edge\r\nContent-Disposition: form-data; name="idname"\r\n\r\nme';
	const head = ['POST /v1/faceswap/setid HTTP/1.1', form, `Content-Length: ${body.length}`];
	const answer = await rawRequest(simulator, head, body);
	expect(answer).toContain('{"error":"Unable to parse form data","code":400}');
});

test('answers what is no HTTP in the shape of the API', async () => {
	const answer = await rawRequest(simulator, ['POST /v1/faceswap/setid HTTP/1.1', 'no header'], '');
	expect(answer).toContain('{"error":"Bad Request","code":400}');
});
