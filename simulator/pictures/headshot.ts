import type { Picture } from '../attachments';
import { cutOut } from './cutout';
import { decode, drawSvg, encode, fromRaster, stack, toRaster, type Raster } from './raster';
import { drawScene } from './scene';

const SIDE = 1024;
const CAPTION_LENGTH = 58;

/**
 * A portrait before a drawn scene, with the prompt as a caption.
 * @param identity picture of the saved face; without one nobody in particular is shown
 * @throws UnreadablePicture
 */
export async function drawHeadshot(prompt: string, identity?: Buffer): Promise<Picture> {
	const [figure, scene] = await Promise.all([
		identity ? saved(identity) : drawSvg(NOBODY),
		drawScene(prompt, SIDE, SIDE),
	]);
	const outOfFocus = await toRaster(fromRaster(scene).blur(6));
	const left = Math.round((SIDE - figure.width) / 2);
	return await encode(
		await stack(
			outOfFocus,
			{ raster: figure, left, top: SIDE - figure.height },
			{ raster: await drawSvg(caption(prompt)), left: 0, top: 0 },
		),
	);
}

async function saved(identity: Buffer): Promise<Raster> {
	const figure = await cutOut(await decode(identity));
	return await toRaster(fromRaster(figure).resize(SIDE, SIDE, { fit: 'inside' }));
}

function caption(prompt: string): string {
	const text = prompt.length > CAPTION_LENGTH ? `${prompt.slice(0, CAPTION_LENGTH - 1)}…` : prompt;
	return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}">
		<rect y="${SIDE - 64}" width="${SIDE}" height="64" fill="#000" opacity="0.55"/>
		<text x="${SIDE / 2}" y="${SIDE - 23}" fill="#fff" font-family="sans-serif" font-size="28" text-anchor="middle">${escapeXml(text)}</text>
	</svg>`;
}

function escapeXml(text: string): string {
	const printable = text.replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, ' ');
	return printable.replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const NOBODY = `<svg xmlns="http://www.w3.org/2000/svg" width="820" height="900" viewBox="0 0 820 900">
	<path d="M40 900 C60 690 200 640 330 610 L490 610 C620 640 760 690 780 900 Z" fill="#3c4454"/>
	<path d="M340 520 h140 v110 q-70 70 -140 0 Z" fill="#c99f83"/>
	<ellipse cx="410" cy="360" rx="165" ry="215" fill="#dcb596"/>
	<path d="M240 350 C220 130 330 90 410 90 C490 90 600 130 580 350 C560 240 500 215 410 215 C320 215 260 240 240 350 Z" fill="#463a33"/>
	<g fill="#3a2f2a"><ellipse cx="345" cy="365" rx="17" ry="11"/><ellipse cx="475" cy="365" rx="17" ry="11"/></g>
	<path d="M350 480 q60 40 120 0" fill="none" stroke="#a0604f" stroke-width="10" stroke-linecap="round"/>
</svg>`;
