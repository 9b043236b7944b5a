import type { Picture } from '../attachments';
import { cutOut } from './cutout';
import { decode, encode, fromRaster, stack, toRaster } from './raster';
import { drawScene } from './scene';

/**
 * Puts the figure of a picture before a drawn scene.
 * @param prompt names the scene, e.g. `sunny beach`
 * @throws UnreadablePicture
 */
export async function changeBackground(image: Buffer, prompt: string): Promise<Picture> {
	const raster = await decode(image);
	const [figure, scene] = await Promise.all([
		cutOut(raster),
		drawScene(prompt, raster.width, raster.height),
	]);
	const outOfFocus = await toRaster(fromRaster(scene).blur(0.5 + raster.width / 350));
	return await encode(await stack(outOfFocus, { raster: figure, left: 0, top: 0 }));
}
