import { createHash } from 'node:crypto';
import { drawSvg, type Raster } from './raster';

/** Numbers from 0 up to 1, drawn one by one. */
type Chance = () => number;

/** A scene in a square of 1000 units; pictures of other shapes show its middle. */
interface Motif {
	words: RegExp;
	draw: (chance: Chance) => string;
}

/**
 * Draws a scene for a prompt: the motif that its first known word names, else coloured light.
 * The same prompt gives the same scene.
 */
export async function drawScene(prompt: string, width: number, height: number): Promise<Raster> {
	const chance = chanceOf(prompt);
	const content = (motifOf(prompt)?.draw ?? light)(chance);
	return await drawSvg(
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 1000 1000" preserveAspectRatio="xMidYMid slice">${content}</svg>`,
	);
}

function motifOf(prompt: string): Motif | undefined {
	const places = MOTIFS.map((motif) => ({ motif, at: prompt.search(motif.words) }));
	return places.filter(({ at }) => at >= 0).sort((one, other) => one.at - other.at)[0]?.motif;
}

/** Repeatable numbers from the bytes of a text's hash. */
function chanceOf(text: string): Chance {
	let bytes = createHash('sha256').update(text.toLowerCase()).digest();
	let used = 0;
	return () => {
		if (used + 2 > bytes.length) {
			bytes = createHash('sha256').update(bytes).digest();
			used = 0;
		}
		used += 2;
		return bytes.readUInt16BE(used - 2) / 65536;
	};
}

function gradient(id: string, ...colours: string[]): string {
	const stops = colours.map(
		(colour, index) => `<stop offset="${index / (colours.length - 1)}" stop-color="${colour}"/>`,
	);
	return `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${stops.join('')}</linearGradient>`;
}

const area = (id: string, top: number, bottom: number) =>
	`<rect y="${top}" width="1000" height="${bottom - top}" fill="url(#${id})"/>`;

const repeat = (count: number, draw: (index: number) => string) =>
	Array.from({ length: count }, (_, index) => draw(index)).join('');

const disc = (x: number, y: number, radius: number, colour: string, opacity = 1) =>
	`<circle cx="${x}" cy="${y}" r="${radius}" fill="${colour}" opacity="${opacity}"/>`;

const cloud = (x: number, y: number, size: number) =>
	`<g fill="#fff" opacity="0.85"><ellipse cx="${x}" cy="${y}" rx="${size}" ry="${size * 0.32}"/><ellipse cx="${x - size * 0.3}" cy="${y - size * 0.22}" rx="${size * 0.45}" ry="${size * 0.32}"/><ellipse cx="${x + size * 0.3}" cy="${y - size * 0.15}" rx="${size * 0.4}" ry="${size * 0.28}"/></g>`;

function palm(x: number, base: number, height: number): string {
	const top = base - height;
	const leaves = [-165, -135, -100, -60, -25, 10].map(
		(angle) =>
			`<path transform="translate(${x + height * 0.12} ${top}) rotate(${angle})" d="M0 0 Q${height * 0.28} ${-height * 0.12} ${height * 0.48} ${height * 0.06} Q${height * 0.25} ${height * 0.03} 0 0 Z" fill="#2d7a3a"/>`,
	);
	return `<path d="M${x} ${base} Q${x - 10} ${base - height * 0.5} ${x + height * 0.12} ${top} l14 6 Q${x + 18} ${base - height * 0.5} ${x + 34} ${base} Z" fill="#8a6239"/>${leaves.join('')}`;
}

function beach(chance: Chance): string {
	const sunX = 130 + 160 * chance();
	return `<defs>${gradient('sky', '#3f9fe0', '#9ad6f5', '#e9f7fb')}${gradient('sea', '#1c7fae', '#35b3c6', '#a6e6dd')}${gradient('sand', '#f2dfa9', '#dcbd7d')}</defs>
		${area('sky', 0, 560)}${disc(sunX, 170, 120, '#fff6c8', 0.5)}${disc(sunX, 170, 78, '#fff3b0')}
		${cloud(700, 150, 120)}${cloud(460, 260, 80)}
		${area('sea', 550, 790)}${repeat(9, (row) => `<path d="M${1000 * chance()} ${575 + row * 22} q40 -8 80 0 t80 0" stroke="#fff" stroke-width="4" fill="none" opacity="0.5"/>`)}
		<path d="M0 770 Q250 740 500 780 T1000 760 V1000 H0 Z" fill="url(#sand)"/>
		<path d="M0 768 Q250 738 500 778 T1000 758" stroke="#fff" stroke-width="10" fill="none" opacity="0.8"/>
		${palm(840, 860, 560)}${palm(60, 840, 420)}`;
}

function forest(chance: Chance): string {
	const row = (base: number, size: number, colour: string, count: number) =>
		repeat(count, (index) => {
			const x = ((index + chance() * 0.7) / count) * 1100 - 50;
			const height = size * (0.75 + chance() * 0.5);
			const tier = (from: number, half: number) =>
				`M${x - half} ${base - height * from} L${x} ${base - height * (from + 0.48)} L${x + half} ${base - height * from} Z`;
			return `<path d="${tier(0.1, height * 0.22)} ${tier(0.32, height * 0.17)} ${tier(0.52, height * 0.12)}" fill="${colour}"/><rect x="${x - height * 0.025}" y="${base - height * 0.1}" width="${height * 0.05}" height="${height * 0.1}" fill="#4b3622"/>`;
		});
	return `<defs>${gradient('sky', '#bfe3d0', '#e8f4d9', '#f6f7d8')}${gradient('moss', '#5d8a3c', '#33591f')}</defs>
		${area('sky', 0, 1000)}${disc(700, 230, 150, '#fffbe0', 0.8)}
		${row(720, 520, '#9cc3a4', 10)}${row(790, 640, '#5f9a68', 8)}<rect y="770" width="1000" height="230" fill="url(#moss)"/>${row(880, 760, '#2f6b3b', 6)}
		${repeat(26, () => disc(1000 * chance(), 800 + 190 * chance(), 5 + 5 * chance(), chance() < 0.5 ? '#e8d06a' : '#8fbf5a', 0.8))}`;
}

function city(chance: Chance): string {
	const tower = (x: number, width: number, top: number, colour: string) => {
		const columns = Math.floor(width / 24);
		const lit = repeat(columns * Math.floor((1000 - top) / 36), (index) => {
			const windowX = x + 8 + (index % columns) * 24;
			const windowY = top + 16 + Math.floor(index / columns) * 36;
			if (chance() < 0.45) return '';
			return `<rect x="${windowX}" y="${windowY}" width="11" height="17" fill="#ffdf8e" opacity="${0.5 + chance() / 2}"/>`;
		});
		return `<rect x="${x}" y="${top}" width="${width}" height="${1000 - top}" fill="${colour}"/>${lit}`;
	};
	return `<defs>${gradient('sky', '#1b2450', '#5b3f7d', '#e0795f', '#f7c177')}</defs>${area('sky', 0, 1000)}
		${disc(790, 190, 46, '#fdf3d4')}
		${repeat(12, (index) => tower(index * 90 - 30, 80, 330 + 280 * chance(), '#3b3a66'))}
		${repeat(8, (index) => tower(index * 135 - 40, 112, 430 + 330 * chance(), '#20223f'))}`;
}

function mountains(chance: Chance): string {
	const peak = (x: number, top: number, half: number, colour: string) =>
		`<path d="M${x - half} 800 L${x} ${top} L${x + half} 800 Z" fill="${colour}"/><path d="M${x} ${top} L${x - half * 0.24} ${top + (800 - top) * 0.24} l${half * 0.14} -14 l${half * 0.1} 30 l${half * 0.12} -34 l${half * 0.12} 18 Z" fill="#fff"/>`;
	return `<defs>${gradient('sky', '#4d8fd0', '#b9dcf0', '#f4ead8')}${gradient('meadow', '#7fae54', '#4d7a35')}</defs>
		${area('sky', 0, 800)}${cloud(240, 170, 110)}${cloud(780, 120, 90)}
		${peak(180, 300 + 60 * chance(), 330, '#8b9db8')}${peak(850, 260 + 60 * chance(), 360, '#8293b0')}${peak(520, 380, 320, '#6d7f9d')}
		<path d="M0 780 Q300 700 620 770 T1000 740 V1000 H0 Z" fill="url(#meadow)"/>`;
}

function space(chance: Chance): string {
	const stars = repeat(150, () =>
		disc(1000 * chance(), 1000 * chance(), 1 + 3 * chance(), '#fff', 0.4 + 0.6 * chance()),
	);
	return `<defs>${gradient('sky', '#070b22', '#231a4d', '#4a2a63')}</defs>${area('sky', 0, 1000)}${stars}
		${disc(800, 250, 120, '#d98f5c')}${disc(770, 225, 120, '#f0b57c', 0.35)}
		<ellipse cx="800" cy="250" rx="200" ry="38" fill="none" stroke="#f0d9b5" stroke-width="12" opacity="0.8" transform="rotate(-18 800 250)"/>${disc(150, 620, 60, '#7aa7d9')}`;
}

function office(chance: Chance): string {
	const books = (shelf: number) =>
		repeat(16, (index) => {
			const height = 70 + 40 * chance();
			const hue = Math.floor(360 * chance());
			return `<rect x="${620 + index * 22}" y="${shelf - height}" width="19" height="${height}" fill="hsl(${hue},38%,48%)"/>`;
		});
	return `<defs>${gradient('wall', '#e9e4da', '#cfc6b8')}${gradient('glass', '#a9d3ef', '#eaf6fb')}</defs>${area('wall', 0, 1000)}
		<rect x="60" y="110" width="420" height="520" fill="#fff"/><rect x="80" y="130" width="380" height="480" fill="url(#glass)"/><rect x="262" y="130" width="14" height="480" fill="#fff"/>
		${[290, 450, 610, 770].map((shelf) => `${books(shelf)}<rect x="600" y="${shelf}" width="400" height="16" fill="#8a6a4c"/>`).join('')}
		<rect y="860" width="1000" height="140" fill="#8d6f54"/>`;
}

/** For prompts without a known word: blurred lights in two colours that the prompt settles. */
function light(chance: Chance): string {
	const hue = Math.floor(360 * chance());
	const other = (hue + 40 + Math.floor(80 * chance())) % 360;
	const lights = repeat(26, () =>
		disc(
			1000 * chance(),
			1000 * chance(),
			30 + 80 * chance(),
			`hsl(${chance() < 0.5 ? hue : other},80%,82%)`,
			0.12 + 0.22 * chance(),
		),
	);
	return `<defs>${gradient('glow', `hsl(${hue},55%,62%)`, `hsl(${other},50%,34%)`)}</defs>${area('glow', 0, 1000)}${lights}`;
}

const MOTIFS: readonly Motif[] = [
	{ words: /\b(beach|sea|ocean|coast|island|tropical|palm)(e?s)?\b/i, draw: beach },
	{ words: /\b(forest|wood|tree|jungle|park|garden)(e?s)?\b/i, draw: forest },
	{ words: /\b(city|street|skyline|night|town|sunset)(e?s)?\b/i, draw: city },
	{ words: /\b(mountain|alp|snow|hill|lake|meadow)(e?s)?\b/i, draw: mountains },
	{ words: /\b(space|star|planet|galaxy|moon)(e?s)?\b/i, draw: space },
	{ words: /\b(office|library|studio|room|business)(e?s)?\b/i, draw: office },
];
