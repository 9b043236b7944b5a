import sharp from 'sharp';
import type { Settings, Simulator } from '../../../simulator';
import { call, simulate, someFile, submit, type Parts } from './support';

/** An animated GIF, each frame in a grey of its own. */
async function gif(frames: number): Promise<Blob> {
	const greys = Array.from({ length: frames }, (_, frame) => [frame * 11, frame * 11, frame * 11]);
	const raw = { width: 1, height: frames, channels: 3, pageHeight: 1 } as const;
	const delay = greys.map(() => 100);
	const data = await sharp(Buffer.from(greys.flat()), { raw }).gif({ delay }).toBuffer();
	return new Blob([new Uint8Array(data)], { type: 'image/gif' });
}

const TARGETS: Record<string, (target: Blob) => Parts> = {
	picsi: (target) => ({ source_image: someFile(), target_image_gif_or_video: target }),
	swapid: (target) => ({ idname: '_', image: target }),
	swap: (target) => ({ saveid_image: someFile(), swapid_image: target }),
};

const start = async (settings: Partial<Settings> = {}) =>
	await simulate({ drawResults: false, channels: 1, ...settings });

async function used(simulator: Simulator): Promise<unknown> {
	const path = `/v1/faceswap/account/${simulator.channels[0]}`;
	const { credits } = (await call(simulator, 'GET', path)).json as { credits: { used: number } };
	return credits.used;
}

test.each([
	[1, 1],
	[3, 2],
])('a swap of a picture with %i faces costs %i', async (faces, cost) => {
	const simulator = await start({ faces });
	await submit(simulator, 'picsi', TARGETS.picsi?.(someFile()) ?? {});
	expect(await used(simulator)).toBe(cost);
});

test.each(Object.keys(TARGETS))('GIFs cost more, in /%s', async (verb) => {
	const simulator = await start();
	await submit(simulator, verb, TARGETS[verb]?.(await gif(20)) ?? {});
	expect(await used(simulator)).toBe(20);
	await submit(simulator, verb, TARGETS[verb]?.(await gif(21)) ?? {});
	expect(await used(simulator)).toBe(50);
});

test.each(Object.keys(TARGETS))(
	'the bot refuses a GIF of more than 10 MB, in /%s',
	async (verb) => {
		const simulator = await start();
		const large = someFile('image/gif', 10 * 1024 * 1024 + 1);
		const { json } = await submit(simulator, verb, TARGETS[verb]?.(large) ?? {});
		expect(json).toMatchObject({ status: 'failed', error: 'the GIF is too large, 10 MB at most' });
	},
);
