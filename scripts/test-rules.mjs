// The rules for tests: Jest's own, and those that keep a test from passing by chance.
import parser from '@typescript-eslint/parser';
import { ESLint } from 'eslint';
import jest from 'eslint-plugin-jest';

export const testPatterns = ['test/**/*.ts'];

export const testConfig = [
	{
		...jest.configs['flat/recommended'],
		files: testPatterns,
		ignores: ['**/node_modules/**'],
		languageOptions: {
			...jest.configs['flat/recommended'].languageOptions,
			parser,
			ecmaVersion: 2022,
			sourceType: 'module',
		},
		rules: {
			...jest.configs['flat/recommended'].rules,
			// What a test waits for, it expects: `until` fails where it does not come.
			'jest/expect-expect': ['error', { assertFunctionNames: ['expect*', 'until'] }],
			// What must hold after every test of a file.
			'jest/no-standalone-expect': ['error', { additionalTestBlockFunctions: ['afterEach'] }],
			'jest/no-commented-out-tests': 'error',
			'jest/no-disabled-tests': 'error',
			'jest/no-duplicate-hooks': 'error',
			'jest/no-test-return-statement': 'error',
			'jest/no-unneeded-async-expect-function': 'error',
			'jest/prefer-comparison-matcher': 'error',
			'jest/prefer-equality-matcher': 'error',
			'jest/prefer-hooks-in-order': 'error',
			'jest/prefer-hooks-on-top': 'error',
			'jest/prefer-mock-promise-shorthand': 'error',
			'jest/prefer-spy-on': 'error',
			'jest/prefer-to-be': 'error',
			'jest/prefer-to-contain': 'error',
			'jest/prefer-to-have-length': 'error',
			'jest/require-to-throw-message': 'error',
		},
	},
];

/** Lints the tests. Prints what it checked and found; gives the number of problems, warnings included. */
export async function lintTests(directory) {
	const eslint = new ESLint({
		cwd: directory,
		allowInlineConfig: false,
		overrideConfigFile: true,
		overrideConfig: testConfig,
	});
	const results = await eslint.lintFiles(testPatterns);
	const problems = results.reduce((sum, file) => sum + file.errorCount + file.warningCount, 0);
	console.log(`${results.length} files, rules for tests: ${problems} problems`);
	if (problems > 0) console.log((await eslint.loadFormatter('stylish')).format(results));
	return problems;
}
