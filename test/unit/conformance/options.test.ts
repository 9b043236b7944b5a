import { readOptions } from '../../../conformance/options';

const env = { USEAPI_TOKEN: ' user:1-a ' };

test('without options, nothing is spent and the real API is called', () => {
	expect(readOptions([], env)).toEqual({
		token: 'user:1-a',
		baseUrl: 'https://api.useapi.net',
		spend: undefined,
		updateAccount: false,
		callbacks: undefined,
		report: undefined,
	});
});

test('without a token, it says where to put it', () => {
	expect(() => readOptions([], {})).toThrow('USEAPI_TOKEN=user:1234-… npm run conformance');
});

test.each([
	['--spend', '-1'],
	['--spend', 'all'],
	['--spend', '1.5'],
	['--reply-url', 'https://example.com'],
	['--listen', '4000'],
	['--base-url', 'api.useapi.net'],
	['--unknown', ''],
])('%s %s is refused', (...args) => {
	expect(() => readOptions(args, env)).toThrow(/go together|takes an? |Unknown option|ambiguous/);
});
