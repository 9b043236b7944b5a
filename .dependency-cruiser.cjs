// The house rule: a folder of the nodes imports only from folders that stand before it in this list.
const folders = [
	'shared',
	'n8nCompat',
	'api',
	'actions',
	'files',
	'jobs',
	'channels',
	'ledger',
	'execution',
	'trigger',
];

// The same within execution/, where a run has its order.
const executionFiles = [
	'item',
	'hints',
	'run',
	'suspend',
	'buildCall',
	'retryDecision',
	'submit',
	'earlierJobs',
	'awaitResult',
	'executeItems',
];

const inFolder = (names) => `^nodes/InsightFaceSwap/(${names.join('|')})/`;
const inExecution = (names) => `^nodes/InsightFaceSwap/execution/(${names.join('|')})[.]ts$`;

/** What stands in a list imports only from what stands before it. */
const ordered = (names, place, pathOf) =>
	names.slice(0, -1).map((name, index) => ({
		name: `${name}-imports-from-above`,
		comment: `${place}${name} imports only from those before it: ${names.slice(0, index).join(', ') || 'none'}.`,
		severity: 'error',
		from: { path: pathOf([name]) },
		to: { path: pathOf(names.slice(index + 1)) },
	}));

module.exports = {
	forbidden: [
		...ordered(folders, '', inFolder),
		...ordered(executionFiles, 'execution/', inExecution),
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
			from: { path: inFolder(['trigger']) },
			to: { path: inFolder(['execution']) },
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
