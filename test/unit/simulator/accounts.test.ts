import { call, sendJson, simulate, submit } from './support';

const PATH = '/v1/faceswap/account';
const NEW = {
	discord: 'a-new-discord-token',
	server: '112222647716119999',
	channel: '112227748182249999',
};

test('lists the configured channels by their ids', async () => {
	const simulator = await simulate();
	const { json } = await call(simulator, 'GET', PATH);
	expect(Object.keys(json)).toEqual(simulator.channels);
	expect(json[simulator.channels[0] ?? '']).toEqual({
		server: '112222647716110001',
		channel: '112227748182240001',
		discord: 'SIM…secured…001',
		credits: { timestamp: expect.stringMatching(/000\+00:00$/) as string, total: 800, used: 0 },
	});
});

test('shows the whole Discord token where that is set', async () => {
	const simulator = await simulate({ maskDiscord: false });
	const answer = await call(simulator, 'GET', `${PATH}/${simulator.channels[0]}`);
	expect(answer.json).toMatchObject({ discord: 'SIMULATED-discord-token-0001' });
});

test('answers 404 when no channel is configured', async () => {
	const simulator = await simulate({ channels: 0 });
	const answer = await call(simulator, 'GET', PATH);
	expect([answer.status, answer.json.code]).toEqual([404, 404]);
});

test('configures a channel, whose credits are unknown until the first paid job', async () => {
	const simulator = await simulate({ channels: 0, drawResults: false });
	expect((await sendJson(simulator, `${PATH}/${NEW.channel}`, NEW)).status).toBe(204);
	const before = await call(simulator, 'GET', `${PATH}/${NEW.channel}`);
	expect(before.json).not.toHaveProperty('credits');
	await submit(simulator, 'headshot', { prompt: 'a king' });
	const after = await call(simulator, 'GET', `${PATH}/${NEW.channel}`);
	expect(after.json).toMatchObject({ credits: { total: 800, used: 4 } });
});

test.each([
	[{ ...NEW, discord: '' }, 'Required param discord is missing or empty'],
	[{ ...NEW, server: undefined }, 'Required param server is missing or empty'],
	[{ ...NEW, channel: undefined }, 'Required param channel is missing or empty'],
	[{ ...NEW, server: 'mine' }, 'Required param channel (mine) is not valid Discord channel id'],
	[{ ...NEW, channel: '12' }, 'Required param channel (12) is not valid Discord channel id'],
	[
		{ ...NEW, channel: '112227748182240001' },
		`Required param channel (112227748182240001) not matching to /faceswap/account/${NEW.channel}`,
	],
	[
		{ ...NEW, discord: 'SIMULATED-discord-token-0001' },
		'Channel 112227748182240001 configuration has same discord value',
	],
	[
		{ ...NEW, server: '112222647716110002' },
		'Channel 112227748182240002 configuration has same server value',
	],
])('refuses the configuration %j', async (body, error) => {
	const simulator = await simulate();
	const answer = await sendJson(simulator, `${PATH}/${NEW.channel}`, body);
	expect([answer.status, answer.json]).toEqual([400, { error, code: 400 }]);
});

test('deletes a channel once, also with an empty JSON body', async () => {
	const simulator = await simulate();
	const path = `${PATH}/${simulator.channels[0]}`;
	const headers = { 'content-type': 'application/json' };
	expect((await call(simulator, 'DELETE', path, { headers })).status).toBe(204);
	expect((await call(simulator, 'DELETE', path, { headers })).status).toBe(404);
	expect(simulator.channels).toHaveLength(2);
});
