import type { Settings, Simulator } from '../../../simulator';
import { readJob, resultUrl, simulate, someFile, submit } from './support';

async function swapped(settings: Partial<Settings> = {}): Promise<[Simulator, string, unknown]> {
	const simulator = await simulate({ drawResults: false, resultSize: 1000, ...settings });
	const picsi = { source_image: someFile(), target_image_gif_or_video: someFile() };
	const answer = await submit(simulator, 'picsi', picsi);
	return [simulator, resultUrl(answer), answer.json.jobid];
}

test('hosts the result for everybody who has its address', async () => {
	const [, url] = await swapped();
	const response = await fetch(url);
	expect(response.status).toBe(200);
	expect(response.headers.get('content-type')).toBe('image/png');
	expect(response.headers.get('content-length')).toBe('1000');
	expect((await response.arrayBuffer()).byteLength).toBe(1000);
	expect(new URL(url).pathname).toMatch(/^\/attachments\/\d{18}\/\d+\/picsi\.png$/);
});

test.each([
	['bytes=0-9', 'bytes 0-9/1000', 10],
	['bytes=990-', 'bytes 990-999/1000', 10],
	['bytes=-5', 'bytes 995-999/1000', 5],
	['bytes=1000-', 'bytes */1000', 0],
])('answers Range: %s', async (range, contentRange, length) => {
	const [, url] = await swapped();
	const response = await fetch(url, { headers: { range } });
	expect(response.status).toBe(length === 0 ? 416 : 206);
	expect(response.headers.get('content-range')).toBe(contentRange);
	expect((await response.arrayBuffer()).byteLength).toBe(length);
});

test.each([
	[false, 404],
	[true, 200],
])('lets addresses expire; with new ones for each read: %s', async (freshLinks, status) => {
	const [simulator, url, jobid] = await swapped({ attachmentTtlMs: 30, freshLinks });
	let late = await fetch(url);
	while (late.status === 200) late = await fetch(url);
	expect([late.status, await late.text()]).toEqual([404, 'This content is no longer available.']);
	simulator.settings.attachmentTtlMs = 60_000;
	const again = resultUrl(await readJob(simulator, jobid));
	expect(again === url).toBe(!freshLinks);
	expect((await fetch(again)).status).toBe(status);
});

test('refuses an address that was tampered with', async () => {
	const [, url] = await swapped();
	const longer = new URL(url);
	longer.searchParams.set('hm', `fff${longer.searchParams.get('hm')?.slice(3)}`);
	expect((await fetch(longer)).status).toBe(404);
});
