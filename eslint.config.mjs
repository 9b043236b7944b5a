// For editors: the rules of n8n's verification, as `npm run lint` applies them.
import { scanConfig, sourcePatterns } from './scripts/official-checks.mjs';

export default [
	...scanConfig.map((entry) => ({ ...entry, files: entry.files ?? sourcePatterns })),
	{ linterOptions: { noInlineConfig: true } },
];
