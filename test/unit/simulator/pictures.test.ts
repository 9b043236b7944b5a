import sharp from 'sharp';
import type { Simulator } from '../../../simulator';
import { portrait, resultUrl, simulate, someFile, submit, until } from './support';

type Colour = [red: number, green: number, blue: number];

/** The colour of a result at a place given in parts of its width and height. */
async function colourAt(url: string, x: number, y: number): Promise<Colour> {
	const png = Buffer.from(await (await fetch(url)).arrayBuffer());
	const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
	const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * 3;
	return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
}

const distance = (one: Colour, other: Colour) =>
	Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);

async function finished(simulator: Simulator): Promise<string> {
	await until(() => simulator.jobs[0]?.status === 'completed');
	return simulator.jobs[0]?.attachments?.[0]?.url ?? '';
}

test('sets the source face into the target and leaves the rest alone', async () => {
	const simulator = await simulate();
	const striped = Buffer.from(
		`<svg xmlns="http://www.w3.org/2000/svg" width="200" height="250"><rect width="200" height="250" fill="#333"/><rect x="90" width="20" height="250" fill="#0c0"/></svg>`,
	);
	const source = new Blob([new Uint8Array(await sharp(striped).png().toBuffer())], {
		type: 'image/png',
	});
	const target = await portrait('#a08070', '#80a0e0');
	const answer = await submit(simulator, 'picsi', {
		source_image: source,
		target_image_gif_or_video: target,
	});
	const [red, green] = await colourAt(resultUrl(answer), 0.5, 0.45);
	expect(green).toBeGreaterThan(red + 40);
	expect(await colourAt(resultUrl(answer), 0.05, 0.9)).toEqual([0x80, 0xa0, 0xe0]);
});

test('takes the first frame of a GIF as the target', async () => {
	const simulator = await simulate();
	const png = Buffer.from(await (await portrait()).arrayBuffer());
	const gif = new Uint8Array(await sharp(png).gif().toBuffer());
	const answer = await submit(simulator, 'picsi', {
		source_image: await portrait(),
		target_image_gif_or_video: new Blob([gif], { type: 'image/gif' }),
	});
	expect(answer.json).toMatchObject({ attachments: [{ width: 200, height: 250 }] });
});

test('exchanges the backdrop for a scene and keeps the figure', async () => {
	const simulator = await simulate();
	const image = await portrait('#c08060', '#80a0e0');
	await submit(simulator, 'changebg', { image, a_background_photo_of: 'a forest' });
	const url = await finished(simulator);
	expect(await colourAt(url, 0.5, 0.45)).toEqual([0xc0, 0x80, 0x60]);
	expect(distance(await colourAt(url, 0.05, 0.9), [0x80, 0xa0, 0xe0])).toBeGreaterThan(60);
});

test('draws the same scene for the same prompt, and another one for another', async () => {
	const scene = async (prompt: string) => {
		const simulator = await simulate({ channels: 1 });
		await submit(simulator, 'headshot', { prompt });
		return await colourAt(await finished(simulator), 0.03, 0.5);
	};
	const [one, same, other] = [await scene('qwerty'), await scene('qwerty'), await scene('asdf')];
	expect(same).toEqual(one);
	expect(distance(one, other)).toBeGreaterThan(10);
});

test('shows the default identity in a headshot', async () => {
	const simulator = await simulate({ channels: 1 });
	await submit(simulator, 'saveid', { idname: 'me', image: await portrait('#c02060') });
	await submit(simulator, 'headshot', { prompt: 'me, a king' });
	await until(() => simulator.jobs[1]?.status === 'completed');
	const url = simulator.jobs[1]?.attachments?.[0]?.url ?? '';
	expect(await colourAt(url, 0.5, 0.42)).toEqual([0xc0, 0x20, 0x60]);
});

test('fails a job whose picture cannot be read', async () => {
	const simulator = await simulate();
	const answer = await submit(simulator, 'picsi', {
		source_image: someFile(),
		target_image_gif_or_video: await portrait(),
	});
	expect(answer.json).toMatchObject({
		status: 'failed',
		content: 'No face could be detected in the picture',
	});
});
