/** Two people who do not exist. */
import { between, line, lock, mirrored, repeatableChance, type Lock, type Point } from './brush';
import { PICTURE, face, faceDefinitions, type Features } from './face';

const { width, height } = PICTURE;

interface Backdrop {
	light: string;
	dark: string;
}

/** A picture with an even backdrop, nearly one colour up to the borders. */
function picture(backdrop: Backdrop, definitions: string, content: string): string {
	return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
	<defs>${definitions}
		<radialGradient id="backdrop" cx="0.42" cy="0.36" r="0.85">
			<stop offset="0" stop-color="${backdrop.light}"/>
			<stop offset="1" stop-color="${backdrop.dark}"/>
		</radialGradient>
	</defs>
	<rect width="${width}" height="${height}" fill="url(#backdrop)"/>
	${content}
	</svg>`;
}

/** Dots strewn over the picture where `accept` allows, as one path of short strokes. */
function strewn(
	count: number,
	seed: number,
	accept: (x: number, y: number) => boolean,
	stroke: (x: number, y: number, chance: () => number) => string,
): string {
	const chance = repeatableChance(seed);
	const strokes: string[] = [];
	while (strokes.length < count) {
		const x = chance() * width;
		const y = chance() * height;
		if (accept(x, y)) strokes.push(stroke(x, y, chance));
	}
	return strokes.join('');
}

/** A neck that widens by `flare` pixels on either side where the shoulders begin. */
const neck = (skin: Features['skin'], halfWidth: number, flare: number) => {
	const left = width / 2 - halfWidth;
	const right = width / 2 + halfWidth;
	const outline = `M${left + 8} 560 C${left + 4} 660 ${left} 700 ${left - flare} 742 L${left - flare} 900 L${right + flare} 900 L${right + flare} 742 C${right} 700 ${right - 4} 660 ${right - 8} 560 Z`;
	return `
	<clipPath id="neck"><path d="${outline}"/></clipPath>
	<path d="${outline}" fill="${skin.base}"/>
	<g clip-path="url(#neck)">
		<path d="M${left} 560 L${left} 640 C${left + 40} 726 ${right - 40} 740 ${right} 650 L${right} 560 Z" fill="${skin.deep}" opacity="0.75" filter="url(#blur-9)"/>
		<path d="M${right - 34} 600 L${right - 20} 760 L${right + 60} 800 L${right + 20} 600 Z" fill="${skin.deep}" opacity="0.5" filter="url(#blur-9)"/>
		<path d="M350 716 C350 760 364 790 380 806 M426 720 C420 762 406 790 392 806" fill="none" stroke="${skin.deep}" stroke-width="7" opacity="0.25" filter="url(#blur-5)"/>
		<ellipse cx="320" cy="754" rx="30" ry="22" fill="${skin.light}" opacity="0.45" filter="url(#blur-9)"/>
	</g>`;
};

/* ---- Person A: auburn hair, green jumper, before a pale blue wall ---- */

const freckles = strewn(
	120,
	11,
	(x, y) => {
		const cheek = Math.hypot((Math.abs(x - 384) - 78) / 62, (y - 470) / 34);
		const bridge = Math.hypot((x - 384) / 34, (y - 462) / 26);
		return Math.min(cheek, bridge) < 1;
	},
	(x, y, chance) =>
		`<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${(0.8 + chance() * 1.3).toFixed(1)}"/>`,
);

const featuresA: Features = {
	skin: { light: '#fde3d2', base: '#f3c6ab', shade: '#dd9f80', deep: '#a8603f', blush: '#e8816c' },
	brow: '#7c3f22',
	browWidth: 10,
	iris: { light: '#7fae7c', dark: '#2f4f3a' },
	lips: { upper: '#b8524f', lower: '#d0706a', line: '#74292b' },
	lashes: 13,
	jaw: 'soft',
	onSkin: `<g fill="#b06a44" opacity="0.5">${freckles}</g>`,
};

const AUBURN = {
	back: '#5a2413',
	body: '#8a3b1d',
	shades: ['#5f2713', '#a64a22', '#c4652f', '#7a3218', '#dd8a4c'],
};

/** Locks from the parting over the temples down to the shoulders, in the order of painting. */
const locksA: Lock[] = [
	{
		one: [
			[372, 150],
			[470, 190],
			[540, 290],
			[548, 400],
			[534, 510],
			[548, 620],
			[520, 720],
			[560, 850],
		],
		other: [
			[362, 104],
			[510, 110],
			[598, 230],
			[616, 370],
			[608, 500],
			[650, 620],
			[632, 740],
			[590, 880],
		],
		strands: 100,
	},
	{
		one: [
			[364, 150],
			[306, 190],
			[236, 290],
			[222, 400],
			[236, 510],
			[214, 620],
			[244, 720],
			[206, 850],
		],
		other: [
			[362, 104],
			[262, 114],
			[172, 230],
			[154, 370],
			[166, 500],
			[120, 620],
			[146, 740],
			[184, 880],
		],
		strands: 100,
	},
	{
		one: [
			[356, 160],
			[420, 200],
			[492, 262],
			[524, 350],
			[522, 450],
			[514, 560],
			[540, 660],
			[500, 780],
		],
		other: [
			[362, 112],
			[470, 126],
			[556, 226],
			[582, 350],
			[566, 470],
			[600, 590],
			[592, 690],
			[524, 812],
		],
		strands: 100,
	},
	{
		one: [
			[360, 160],
			[316, 196],
			[272, 268],
			[246, 356],
			[248, 450],
			[254, 560],
			[226, 660],
			[268, 770],
		],
		other: [
			[362, 112],
			[280, 134],
			[212, 230],
			[188, 350],
			[204, 470],
			[168, 590],
			[178, 690],
			[242, 804],
		],
		strands: 100,
	},
];

const backOfHairA = between(
	[
		[384, 110],
		[210, 200],
		[180, 420],
		[160, 640],
		[196, 820],
	],
	[
		[384, 110],
		[558, 200],
		[588, 420],
		[608, 640],
		[572, 820],
	],
);

/** Where the light catches the hair on its way around the head. */
const shineA = `
	<g clip-path="url(#hair-a)" fill="none" stroke="#ffc28a" stroke-linecap="round">
		<path d="M200 300 C230 220 280 170 340 150" stroke-width="26" opacity="0.4" filter="url(#blur-9)"/>
		<path d="M450 150 C510 190 550 240 566 290" stroke-width="20" opacity="0.28" filter="url(#blur-9)"/>
		<path d="M170 560 C160 610 170 650 190 690" stroke-width="18" opacity="0.3" filter="url(#blur-9)"/>
		<path d="M590 560 C606 610 596 650 580 690" stroke-width="14" opacity="0.2" filter="url(#blur-9)"/>
	</g>`;

const jumper = `
	<path d="M60 960 C70 850 130 800 240 772 C270 764 286 756 300 744 C320 800 350 826 384 826 C418 826 448 800 468 744 C482 756 498 764 528 772 C638 800 698 850 708 960 Z" fill="url(#jumper)"/>
	<path d="M300 744 C320 800 350 826 384 826 C418 826 448 800 468 744 L482 758 C462 826 424 852 384 852 C344 852 306 826 286 758 Z" fill="#1f5a4b"/>
	<path d="M290 752 C312 812 346 840 384 840 C422 840 456 812 478 752" fill="none" stroke="#3f8f7a" stroke-width="3" stroke-dasharray="3 6" opacity="0.7"/>
	<g fill="none" stroke="#123f35" stroke-linecap="round" opacity="0.4" filter="url(#blur-5)">
		<path d="M190 830 C200 880 196 920 190 960" stroke-width="14"/>
		<path d="M578 830 C566 880 572 920 578 960" stroke-width="16"/>
		<path d="M300 860 C340 900 430 900 474 860" stroke-width="10"/>
	</g>
	<path d="M110 880 C140 840 190 812 240 800" fill="none" stroke="#7cc4ad" stroke-width="16" opacity="0.4" filter="url(#blur-9)"/>`;

/** SVG of a woman with long auburn hair and a green jumper before a pale blue wall. */
export function portraitA(): string {
	const outlines = locksA.map(({ one, other }) => `<path d="${between(one, other)}"/>`).join('');
	const definitions = `${faceDefinitions(featuresA)}
		<linearGradient id="jumper" x1="0" y1="0" x2="1" y2="0.6">
			<stop offset="0" stop-color="#4aa58a"/><stop offset="1" stop-color="#1c5c4b"/>
		</linearGradient>
		<clipPath id="hair-a">${outlines}</clipPath>`;
	const shadow = `<g transform="translate(4 14)">${outlines}</g>`;
	const hair = locksA.map((shape, index) => lock(shape, AUBURN.body, AUBURN.shades, index + 3));
	return picture(
		{ light: '#cfe3ee', dark: '#bcd5e4' },
		definitions,
		`<path d="${backOfHairA}" fill="${AUBURN.back}"/>
		${neck(featuresA.skin, 78, 50)}
		${jumper}
		${face(featuresA, shadow)}
		${hair.join('')}
		${shineA}`,
	);
}

/* ---- Person B: short black hair, denim jacket, before a warm yellow wall ---- */

const featuresB: Features = {
	skin: { light: '#b57a52', base: '#8f5a38', shade: '#6b3f25', deep: '#3a1e10', blush: '#8d4328' },
	brow: '#1c110c',
	browWidth: 15,
	iris: { light: '#5a3418', dark: '#22110a' },
	lips: { upper: '#6d3a2f', lower: '#925447', line: '#2f1512' },
	lashes: 6,
	jaw: 'square',
};

const topOfHeadB: Point[] = [
	[226, 400],
	[222, 320],
	[234, 230],
	[286, 148],
	[384, 116],
];
const hairlineB: Point[] = [
	[244, 404],
	[254, 330],
	[274, 262],
	[318, 232],
	[384, 226],
];
const wholeTop = [...topOfHeadB, ...mirrored(topOfHeadB, width).reverse().slice(1)];
const wholeHairline = [...hairlineB, ...mirrored(hairlineB, width).reverse().slice(1)];

/** Tight curls in the box around the hair, each a small arc. */
const curls = (seed: number, shade: string, count: number) =>
	`<path fill="none" stroke="${shade}" stroke-width="1.800" stroke-linecap="round" d="${strewn(
		count,
		seed,
		(x, y) => x > 215 && x < 553 && y > 105 && y < 410,
		(x, y, chance) => {
			const size = 2 + chance() * 2.5;
			const turn = chance() < 0.5 ? 1 : 0;
			return `M${x.toFixed(1)} ${y.toFixed(1)}a${size.toFixed(1)} ${size.toFixed(1)} 0 1 ${turn} ${size.toFixed(1)} ${(size * 0.6).toFixed(1)}`;
		},
	)}"/>`;

/** Small tufts that keep the edge of the hair from looking cut out. */
function tufts(edge: readonly Point[], seed: number, size: number): string {
	const chance = repeatableChance(seed);
	return edge
		.slice(1)
		.flatMap(([x, y], index) => {
			const [fromX, fromY] = edge[index] ?? [x, y];
			return Array.from({ length: 26 }, (_, step) => {
				const along = step / 26;
				const cx = fromX + (x - fromX) * along + (chance() - 0.5) * 6;
				const cy = fromY + (y - fromY) * along + (chance() - 0.5) * 6;
				return `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="${(size * (0.6 + chance() * 0.6)).toFixed(1)}"/>`;
			});
		})
		.join('');
}

/** The line again, with points in between that lie on its curve. */
const finer = (points: readonly Point[]): Point[] =>
	points.flatMap((point, index) => {
		const next = points[index + 1];
		if (!next) return [point];
		const before = points[index - 1] ?? point;
		const after = points[index + 2] ?? next;
		const middle = (axis: 0 | 1) =>
			(9 * (point[axis] + next[axis]) - before[axis] - after[axis]) / 16;
		return [point, [middle(0), middle(1)] as const];
	});

const hairB = `
	<g fill="#17110f">
		<path d="${between(wholeTop, wholeHairline)}"/>
		${tufts(finer(wholeTop), 31, 6)}
		<g opacity="0.7">${tufts(finer(wholeHairline), 32, 3)}</g>
	</g>
	<path d="${line(wholeHairline)}" fill="none" stroke="#17110f" stroke-width="9" opacity="0.5" filter="url(#blur-5)"/>
	<g clip-path="url(#hair-b)">
		${curls(21, '#0b0807', 2600)}
		${curls(22, '#2a2120', 2600)}
		${curls(23, '#443735', 500)}
		<ellipse cx="310" cy="176" rx="70" ry="30" transform="rotate(-30 310 176)" fill="#a89490" opacity="0.3" filter="url(#blur-16)"/>
	</g>`;

const jacket = `
	<path d="M290 752 C316 800 340 822 384 822 C428 822 452 800 478 752 L540 960 L228 960 Z" fill="#f2eee6"/>
	<path d="M290 752 C316 800 340 822 384 822 C428 822 452 800 478 752 L484 778 C456 824 428 844 384 844 C340 844 312 824 284 778 Z" fill="#dcd5c8"/>
	<path d="M330 860 C350 900 356 930 354 960 M430 866 C420 900 420 930 424 960" fill="none" stroke="#b9b1a3" stroke-width="8" opacity="0.5" filter="url(#blur-5)"/>
	<path d="M30 960 C40 850 110 796 226 766 C258 757 276 748 290 734 C276 800 292 880 318 960 Z" fill="url(#denim)"/>
	<path d="M738 960 C728 850 658 796 542 766 C510 757 492 748 478 734 C492 800 476 880 450 960 Z" fill="url(#denim)"/>
	<path d="M290 734 C258 760 240 790 236 820 L296 866 C282 820 282 780 290 734 Z" fill="#3d5c85"/>
	<path d="M478 734 C510 760 528 790 532 820 L472 866 C486 820 486 780 478 734 Z" fill="#2a4266"/>
	<path d="M290 736 C282 780 282 820 296 866 L238 822" fill="none" stroke="#e0a458" stroke-width="2" stroke-dasharray="6 4" opacity="0.8"/>
	<path d="M478 736 C486 780 486 820 472 866 L530 822" fill="none" stroke="#e0a458" stroke-width="2" stroke-dasharray="6 4" opacity="0.7"/>
	<g fill="none" stroke="#14223a" stroke-linecap="round" opacity="0.45" filter="url(#blur-5)">
		<path d="M150 850 C176 890 180 930 176 960" stroke-width="14"/>
		<path d="M616 850 C592 890 588 930 592 960" stroke-width="16"/>
	</g>
	<path d="M84 880 C116 832 170 802 220 792" fill="none" stroke="#9db8dc" stroke-width="14" opacity="0.4" filter="url(#blur-9)"/>`;

/** SVG of a man with short black curls and a denim jacket before a warm yellow wall. */
export function portraitB(): string {
	const definitions = `${faceDefinitions(featuresB)}
		<clipPath id="hair-b"><path d="${between(wholeTop, wholeHairline)}"/></clipPath>
		<linearGradient id="denim" gradientUnits="userSpaceOnUse" x1="60" y1="760" x2="720" y2="960">
			<stop offset="0" stop-color="#5578a6"/><stop offset="1" stop-color="#22375a"/>
		</linearGradient>`;
	const shadow = `<path d="${between(wholeTop, wholeHairline)}" transform="translate(2 8)"/>`;
	return picture(
		{ light: '#f1d9a2', dark: '#e8ca8b' },
		definitions,
		`${neck(featuresB.skin, 92, 6)}
		${jacket}
		${face(featuresB, shadow)}
		${hairB}`,
	);
}
