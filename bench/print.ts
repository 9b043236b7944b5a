/** Results on the terminal. */
import { statusOf, summary, type CaseResult } from './stats';

/** Three significant digits, without an exponent. */
/** Counts as they are, measures with three digits. */
export const shown = (value: number) =>
	(Number.isInteger(value) ? value : Number(value.toPrecision(3))).toLocaleString('en', {
		maximumFractionDigits: 3,
	});

export function printResult({ title, targets, figures }: CaseResult): void {
	console.log(`\n${title}`);
	for (const target of targets) {
		const { median, min, max } = summary(target.samples);
		const { what, unit, atMost } = target;
		console.log(
			`  ${statusOf(target).padEnd(8)} ${what}: ${shown(median)} ${unit} (${shown(min)} to ${shown(max)}), at most ${shown(atMost)}`,
		);
	}
	for (const { contender, quantity, unit, samples } of figures) {
		const { median, min, max } = summary(samples);
		console.log(
			`           ${contender}: ${quantity} ${shown(median)} ${unit} (${shown(min)} to ${shown(max)})`,
		);
	}
}
