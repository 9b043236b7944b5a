// For editors: the rules of n8n's verification and those for tests, as `npm run lint` applies them.
import { scanConfig, sourcePatterns } from './scripts/official-checks.mjs';
import { testConfig } from './scripts/test-rules.mjs';

export default [
	...scanConfig.map((entry) => ({ ...entry, files: entry.files ?? sourcePatterns })),
	...testConfig,
	{ linterOptions: { noInlineConfig: true } },
];
