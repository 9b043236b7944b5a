// The house rule: a folder of the nodes imports only from folders that stand before it in this list.
const folders = ['shared', 'n8nCompat', 'api', 'actions', 'jobs', 'execution', 'trigger'];

const inside = (names) => `^nodes/InsightFaceSwap/(${names.join('|')})/`;

const layers = folders.slice(0, -1).map((folder, index) => ({
	name: `${folder}-imports-from-above`,
	comment: `${folder}/ imports only from the folders before it: ${folders.slice(0, index).join(', ') || 'none'}.`,
	severity: 'error',
	from: { path: inside([folder]) },
	to: { path: inside(folders.slice(index + 1)) },
}));

module.exports = {
	forbidden: [
		...layers,
		{
			name: 'no-cycles',
			comment: 'No import circle, type imports included.',
			severity: 'error',
			from: { path: '^(nodes|credentials)/' },
			to: { circular: true },
		},
		{
			name: 'execution-and-trigger-stay-apart',
			comment: 'What the action node and the trigger share stands in jobs/.',
			severity: 'error',
			from: { path: inside(['trigger']) },
			to: { path: inside(['execution']) },
		},
		{
			name: 'only-executeItems-knows-the-run',
			comment: 'A step takes what it needs of the run, and returns a value.',
			severity: 'error',
			from: { pathNot: 'execution/executeItems[.]ts$' },
			to: { path: 'execution/executionState[.]ts$' },
		},
	],
	options: {
		doNotFollow: { path: 'node_modules' },
		tsPreCompilationDeps: true,
		tsConfig: { fileName: 'tsconfig.json' },
	},
};
