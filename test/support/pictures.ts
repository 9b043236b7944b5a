import sharp from 'sharp';

/** A small portrait: a face where the simulator expects one, on an even background. */
const portrait = (background: string, skin: string) =>
	Buffer.from(
		`<svg xmlns="http://www.w3.org/2000/svg" width="192" height="240">
			<rect width="192" height="240" fill="${background}"/>
			<ellipse cx="96" cy="101" rx="37" ry="62" fill="${skin}"/>
			<circle cx="82" cy="90" r="5" fill="#222"/><circle cx="110" cy="90" r="5" fill="#222"/>
			<path d="M80 125 Q96 138 112 125" stroke="#a33" stroke-width="4" fill="none"/>
		</svg>`,
	);

/** The pictures that tests send. */
export const pictures = {
	source: () => sharp(portrait('#cfe3f5', '#c68642')).png().toBuffer(),
	target: () => sharp(portrait('#f3d9c9', '#f1c27d')).jpeg().toBuffer(),
	webp: () => sharp(portrait('#ddd', '#f1c27d')).webp().toBuffer(),
	gif: () => sharp(portrait('#ddd', '#f1c27d')).gif().toBuffer(),
	mp4: () => Buffer.from('00000018667479706d703432000000006d70343269736f6d', 'hex'),
};
