import type { Simulator } from '../../../simulator';
import { simulate, someFile, submit } from './support';

let simulator: Simulator;

beforeEach(async () => {
	simulator = await simulate({ channels: 1, drawResults: false });
});

const save = async (idname: string) =>
	await submit(simulator, 'saveid', { idname, image: someFile() });
const list = async () => (await submit(simulator, 'listid', {})).json.content;

test('saves, lists and deletes identities in the words of the bot', async () => {
	expect(await list()).toBe('No idname found');
	expect((await save('you')).json.content).toBe('idname you created');
	expect((await save('me')).json.content).toBe('idname me created');
	expect(await list()).toBe('Default idname: me\nAll idnames: you, me');
	const deleted = await submit(simulator, 'delid', { idname: 'me' });
	expect(deleted.json).toMatchObject({ status: 'completed', content: 'idname me deleted' });
	expect(await list()).toBe('Default idname: you\nAll idnames: you');
	await submit(simulator, 'delall', {});
	expect(await list()).toBe('No idname found');
});

test('tells size and type of the saved picture', async () => {
	const answer = await save('me');
	expect(answer.json).toMatchObject({ idname: 'me', image: { size: 10, type: 'image/png' } });
});

test.each(['with space', 'elevenchars', 'ümlaut'])('fails to save the name "%s"', async (name) => {
	const answer = await save(name);
	expect(answer.json).toMatchObject({
		status: 'failed',
		error: 'idname must be letters and digits, at most 10 characters',
	});
});

test.each([
	['id', {}],
	['me', { saveid_idname: 'me' }],
])('saves the face of a /swap as "%s" and makes it the default', async (idname, parts) => {
	await save('id');
	const pictures = { saveid_image: someFile('image/png', 20), swapid_image: someFile() };
	const { json } = await submit(simulator, 'swap', { ...parts, ...pictures });
	expect(json).toMatchObject({ status: 'completed', attachments: [{}] });
	expect(await list()).toMatch(new RegExp(`^Default idname: ${idname}\nAll idnames: id(, me)?$`));
});

test.each(['me', 'me,_', 'me+you,you', 'me -o 300'])('makes "%s" the default', async (idname) => {
	await save('me');
	await save('you');
	await submit(simulator, 'setid', { idname });
	expect(await list()).toContain(`Default idname: ${idname}\n`);
});

test('sets lasting options in a call of their own, which leaves the default as it is', async () => {
	const set = async (idname: string) => (await submit(simulator, 'setid', { idname })).json.status;
	await save('me');
	expect([await set('-f -s'), await set('--nogreedy')]).toEqual(['completed', 'completed']);
	expect(await list()).toBe('Default idname: me\nAll idnames: me\nOptions: -f -s --nogreedy');
	expect(await set('--greedy')).toBe('completed');
	expect(await list()).toBe('Default idname: me\nAll idnames: me\nOptions: -f -s --greedy');
});

test.each(['me --greedy', 'me,_ --nogreedy', 'me -f -s', '-x', '--greedy 3'])(
	'fails to set "%s": names and lasting options go apart, and only some last',
	async (idname) => {
		await save('me');
		expect((await submit(simulator, 'setid', { idname })).json.status).toBe('failed');
		expect(await list()).toBe('Default idname: me\nAll idnames: me');
	},
);

test('saves twenty identities, and replaces one of them when they are full', async () => {
	for (let number = 1; number <= 20; number += 1) await save(`id${number}`);
	expect((await save('one2many')).json.status).toBe('failed');
	expect((await save('id7')).json.status).toBe('completed');
});

test.each(['me', 'me,_,him', 'me+you+him,_', 'me --oldify 300', 'me -f -e 20', '_'])(
	'swaps with "%s"',
	async (idname) => {
		for (const name of ['me', 'you', 'him']) await save(name);
		const answer = await submit(simulator, 'swapid', { idname, image: someFile() });
		expect(answer.json).toMatchObject({ status: 'completed', attachments: [{}] });
	},
);

test.each(['nobody', 'me,nobody', 'me+me+me+me', 'me --oldify a', 'me+_', 'me,'])(
	'fails to swap with "%s"',
	async (idname) => {
		await save('me');
		const answer = await submit(simulator, 'swapid', { idname, image: someFile() });
		expect(answer.json).toMatchObject({ status: 'failed', content: expect.any(String) as string });
	},
);

test('swaps into the picture of a message of the same channel', async () => {
	await save('me');
	const swapped = await submit(simulator, 'swapid', { idname: 'me', image: someFile() });
	const { messageId } = swapped.json as { messageId: string };
	const good = await submit(simulator, 'inswapper', { targetMessageId: messageId });
	expect(good.json).toMatchObject({ status: 'completed', attachments: [{}] });
	const bad = await submit(simulator, 'inswapper', { targetMessageId: '112227748182240001' });
	expect(bad.json).toMatchObject({ status: 'failed' });
});
