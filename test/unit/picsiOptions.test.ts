import { composeOptions, picsiOptions } from '../../nodes/InsightFaceSwap/actions/picsiOptions';

describe('picsi options', () => {
	test('nothing chosen sends nothing', () => {
		expect(composeOptions({})).toBe('');
	});

	test('every documented option is composed, in a fixed order', () => {
		const all = {
			xtreme: true,
			artify: true,
			keepMouth: true,
			keepClosedEyes: true,
			correctChin: true,
			correctHairline: true,
			faceTexturizer: true,
			sharpen: true,
			expression: 300,
			oldify: 1,
			youngify: 1000,
		};
		expect(composeOptions(all)).toBe('-m --shut --ch --hl -f -s -e 300 -o 1 -y 1000 -a -x');
	});

	test("an intensity of 0 leaves it to the bot's default", () => {
		expect(composeOptions({ expression: 0 })).toBe('-e');
	});

	test('an option that is switched off is not sent', () => {
		expect(composeOptions({ keepMouth: false })).toBe('');
	});

	test.each(['true', 'TRUE', 1, '1'])(
		'an option that an expression gives as %j is sent',
		(sharpen) => {
			expect(composeOptions({ sharpen })).toBe('-s');
		},
	);

	test.each(['false', 0, '0', '', null])('an option given as %j is not sent', (sharpen) => {
		expect(composeOptions({ sharpen })).toBe('');
	});

	test('an option that is neither true nor false is refused by name', () => {
		expect(() => composeOptions({ sharpen: 'a lot' })).toThrow(
			'Sharpen (Paid) "a lot" is neither true nor false',
		);
	});

	test.each([-1, 1001, 1.5, 'much'])('an intensity of %s is refused by name', (oldify) => {
		expect(() => composeOptions({ oldify })).toThrow(
			`Oldify (Paid) "${oldify}" is not a whole number from 1 to 1000`,
		);
	});

	test('free text comes last', () => {
		expect(composeOptions({ additionalOptions: ' --new 5 ', sharpen: true })).toBe('-s --new 5');
	});

	test('every control says whether it is free or paid', () => {
		const labels = picsiOptions.options?.map((option) =>
			'displayName' in option ? option.displayName : '',
		);
		expect(labels?.slice(0, -1).every((label) => /\((Free|Paid)\)$/.test(label))).toBe(true);
	});
});
