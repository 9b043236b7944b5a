// The rules for tests: Jest's own, and those that keep a test from passing by chance.
import parser from '@typescript-eslint/parser';
import jest from 'eslint-plugin-jest';
import { lintWith } from './official-checks.mjs';

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

/** Lints the tests; gives the number of problems, warnings included. */
export const lintTests = async (directory) =>
	await lintWith(testConfig, 'rules for tests', directory, testPatterns);
