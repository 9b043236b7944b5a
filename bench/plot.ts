/** Bars as SVG, legible on light and dark pages. */
import { OURS, OURS_TRIGGER } from './context';
import { shown } from './print';
import { summary, type CaseResult, type Figure } from './stats';

const WIDTH = 820;
const LABEL = 290;
const BAR = 400;
const ROW = 26;
const TITLE = 34;

const STYLE = `<style>
	text { font: 13px system-ui, sans-serif; fill: #24292f; }
	.title { font-weight: 600; }
	.ours { fill: #2f6feb; }
	.other { fill: #9aa4b2; }
	.range { stroke: #24292f; stroke-width: 1.5; }
	@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .range { stroke: #e6edf3; } }
</style>`;

const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

const isOurs = ({ contender }: Figure) =>
	contender.startsWith(OURS) || contender.startsWith(OURS_TRIGGER);

/** One group of bars for each quantity of the case; the line on a bar spans all rounds. */
export function plot({ title, figures, plots }: CaseResult): string {
	let top = 0;
	const groups = plots.map((quantity) => {
		const bars = figures.filter((figure) => figure.quantity === quantity);
		const drawn = group(quantity, bars, top);
		top += TITLE + bars.length * ROW;
		return drawn;
	});
	const size = `viewBox="0 0 ${WIDTH} ${top + 10}" width="${WIDTH}" height="${top + 10}"`;
	return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escaped(title)}">\n${STYLE}\n${groups.join('\n')}\n</svg>\n`;
}

function group(quantity: string, figures: Figure[], top: number): string {
	const unit = figures[0]?.unit ?? '';
	const largest = Math.max(...figures.map(({ samples }) => summary(samples).max), 0) || 1;
	const hasOurs = figures.some(isOurs);
	const bars = figures.map((figure, row) => {
		const style = isOurs(figure) || !hasOurs ? 'ours' : 'other';
		return bar(figure, style, top + TITLE + row * ROW, largest);
	});
	const heading = `${quantity}${unit ? ` (${unit})` : ''}`;
	return `<text class="title" x="0" y="${top + 22}">${escaped(heading)}</text>\n${bars.join('\n')}`;
}

function bar({ contender, samples }: Figure, style: string, y: number, largest: number): string {
	const { median, min, max } = summary(samples);
	const x = (value: number) => (LABEL + (BAR * Math.max(0, value)) / largest).toFixed(1);
	const width = ((BAR * Math.max(0, median)) / largest).toFixed(1);
	const middle = y + ROW / 2 - 3;
	return [
		`<text x="0" y="${y + 15}">${escaped(contender)}</text>`,
		`<rect class="${style}" x="${LABEL}" y="${y}" width="${width}" height="${ROW - 6}" rx="2"/>`,
		`<line class="range" x1="${x(min)}" x2="${x(max)}" y1="${middle}" y2="${middle}"/>`,
		`<text x="${Number(x(Math.max(max, median))) + 8}" y="${y + 15}">${shown(median)}</text>`,
	].join('\n');
}
