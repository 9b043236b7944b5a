const bundled = require('./test/bundle/place');

const common = {
	transform: {
		'^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.dev.json', diagnostics: false }],
	},
	testEnvironment: 'node',
	modulePathIgnorePatterns: [
		'/demo/node_modules',
		'/demo/.n8n',
		'/dist',
		'/.cache',
		'/test/e2e/.+/node_modules',
	].map((path) => `<rootDir>${path}`),
};

/** Of what runs in this process: n8n's engine as one file, see test/bundle/setup.js. */
const withEngine = {
	...common,
	globalSetup: '<rootDir>/test/bundle/setup.js',
	moduleNameMapper: bundled.mapper,
};

module.exports = {
	// Generous, for machines that are busy: no test here is about time.
	testTimeout: 120_000,
	// Most tests wait for an API, so no processor is kept free.
	maxWorkers: '100%',
	testSequencer: '<rootDir>/test/sequencer.js',
	collectCoverageFrom: ['nodes/**/*.ts', 'credentials/**/*.ts'],
	coverageThreshold: { global: { lines: 95 } },
	coverageReporters: ['text', 'lcov'],
	projects: [
		{ ...withEngine, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
		{
			...withEngine,
			displayName: 'integration',
			testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
		},
		{
			...common,
			displayName: 'e2e',
			testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
			setupFilesAfterEnv: ['<rootDir>/test/e2e/support/timeout.ts'],
		},
	],
};
