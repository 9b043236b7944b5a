/** The few strokes that the portraits are drawn with: smooth curves, locks of hair, repeatable chance. */

export type Point = readonly [x: number, y: number];

/** Numbers from 0 to 1 that are the same on every run (mulberry32). */
export function repeatableChance(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}

const rounded = (value: number) => Math.round(value * 10) / 10;

/** The point at the index, or the end of the line that the index lies beyond. */
function pointAt(points: readonly Point[], index: number): Point {
	const inside = Math.min(points.length - 1, Math.max(0, index));
	return points[inside] ?? [0, 0];
}

/** The Bézier pieces of a smooth line through the points (Catmull-Rom), without the first move. */
function curveThrough(points: readonly Point[]): string {
	const pieces: string[] = [];
	for (let index = 0; index < points.length - 1; index += 1) {
		const before = pointAt(points, index - 1);
		const from = pointAt(points, index);
		const to = pointAt(points, index + 1);
		const after = pointAt(points, index + 2);
		const controls = [
			from[0] + (to[0] - before[0]) / 6,
			from[1] + (to[1] - before[1]) / 6,
			to[0] - (after[0] - from[0]) / 6,
			to[1] - (after[1] - from[1]) / 6,
			to[0],
			to[1],
		];
		pieces.push(`C${controls.map(rounded).join(' ')}`);
	}
	return pieces.join('');
}

/** Path data of a smooth open line through the points. */
export function line(points: readonly Point[]): string {
	const [x, y] = pointAt(points, 0);
	return `M${rounded(x)} ${rounded(y)}${curveThrough(points)}`;
}

/** Path data of the area between two smooth lines that run side by side. */
export function between(one: readonly Point[], other: readonly Point[]): string {
	const back = [...other].reverse();
	const [x, y] = pointAt(back, 0);
	return `${line(one)}L${x} ${y}${curveThrough(back)}Z`;
}

/** The points as a mirror in the middle of a picture `width` wide shows them. */
export function mirrored(points: readonly Point[], width: number): Point[] {
	return points.map(([x, y]) => [width - x, y] as const);
}

export interface Lock {
	one: readonly Point[];
	/** As many points as `one`, running the same way. */
	other: readonly Point[];
	strands: number;
}

/** A lock of hair: its body, and strands that run along it from one edge to the other. */
export function lock(shape: Lock, body: string, shades: readonly string[], seed: number): string {
	const chance = repeatableChance(seed);
	const strands = Array.from({ length: shape.strands }, () => {
		const across = chance();
		const sway = (chance() - 0.5) * 6;
		const points = shape.one.map(([x, y], index): Point => {
			const [otherX, otherY] = pointAt(shape.other, index);
			return [x + (otherX - x) * across + sway, y + (otherY - y) * across];
		});
		const shade = shades[Math.floor(chance() * shades.length)];
		const width = rounded(0.8 + chance() * 2.4);
		const opacity = rounded(0.2 + chance() * 0.5);
		return `<path d="${line(points)}" stroke="${shade}" stroke-width="${width}" opacity="${opacity}"/>`;
	});
	return `<path d="${between(shape.one, shape.other)}" fill="${body}"/>
		<g fill="none" stroke-linecap="round">${strands.join('')}</g>`;
}
