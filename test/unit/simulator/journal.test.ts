import { createHash } from 'node:crypto';
import type { JournalEntry } from '../../../simulator';
import { call, sendJson, simulate, someFile, submit } from './support';

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

test('notes what a form held, and what came of it', async () => {
	const simulator = await simulate({ drawResults: false, channels: 1 });
	const { json } = await submit(simulator, 'saveid', { idname: 'me', image: someFile() });
	expect(simulator.journal).toMatchObject([
		{
			method: 'POST',
			path: '/v1/faceswap/saveid',
			query: {},
			authorization: 'valid',
			parts: [
				{ name: 'idname', value: 'me' },
				{
					name: 'image',
					filename: 'blob',
					contentType: 'image/png',
					size: 10,
					sha256: sha256(Buffer.alloc(10)),
				},
			],
			status: 200,
			jobid: json.jobid,
			channel: simulator.channels[0],
		},
	]);
	expect(simulator.journal[0]?.headers).toHaveProperty('content-length');
});

test('keeps requests in the order in which they came', async () => {
	const simulator = await simulate({ channels: 1, blockingMs: 80 });
	const slow = submit(simulator, 'listid', {});
	while (simulator.jobs.length === 0) await new Promise(setImmediate);
	await call(simulator, 'GET', '/v1/faceswap/jobs?jobid=x');
	await slow;
	expect(simulator.journal.map(({ path, status }) => [path, status])).toEqual([
		['/v1/faceswap/listid', 200],
		['/v1/faceswap/jobs', 404],
	]);
});

test('keeps neither the API token nor a Discord token', async () => {
	const simulator = await simulate();
	const body = { discord: 'a-discord-token', server: '112222647716119999', channel: '1' };
	await sendJson(simulator, '/v1/faceswap/account/1', body);
	const written = JSON.stringify(simulator.journal);
	expect(written).not.toContain('a-discord-token');
	expect(written).not.toContain(simulator.token);
	expect(simulator.journal[0]?.body).toMatchObject({
		discord: { sha256: sha256('a-discord-token') },
	});
});

test('notes whether a download carried the token', async () => {
	const simulator = await simulate();
	await fetch(`${simulator.url}/attachments/1/2/3.png`);
	await call(simulator, 'GET', '/attachments/1/2/3.png');
	expect(simulator.journal.map(({ authorization }) => authorization)).toEqual(['none', 'valid']);
});

test('shows other processes the journal, which stays as it is', async () => {
	const simulator = await simulate({ channels: 1 });
	await submit(simulator, 'listid', {});
	await call(simulator, 'GET', '/_simulator/jobs');
	const { json } = await call(simulator, 'GET', '/_simulator/journal');
	expect(json.requests as JournalEntry[]).toMatchObject([{ path: '/v1/faceswap/listid' }]);
	expect(json).toMatchObject({
		callbacks: [],
		maxConcurrentPerChannel: { [simulator.channels[0] ?? '']: 1 },
	});
	expect((await fetch(`${simulator.url}/_simulator/journal`)).status).toBe(401);
});
