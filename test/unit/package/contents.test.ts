interface PackageContents {
	foreignImports: (code: string) => string[];
	secretsIn: (text: string) => string[];
	strayFiles: (paths: string[]) => string[];
}

const { foreignImports, secretsIn, strayFiles } =
	require('../../../scripts/package-contents.js') as PackageContents;

describe('the files of the package', () => {
	it('may be the bundle, the classes, codex, output schemas, icons and what npm adds by itself', () => {
		const files = [
			'package.json',
			'README.md',
			'LICENSE',
			'CHANGELOG.md',
			'index.js',
			'dist/nodes/InsightFaceSwap/InsightFaceSwap.node.js',
			'dist/nodes/InsightFaceSwap/InsightFaceSwap.node.json',
			'dist/nodes/InsightFaceSwap/__schema__/v1.0.0.json',
			'dist/nodes/InsightFaceSwap/__schema__/v1.0.0/picsi/swap.json',
			'dist/insightfaceswap.js',
			'dist/credentials/UseApiNetApi.credentials.js',
			'dist/icons/insightfaceswap.dark.svg',
		];
		expect(strayFiles(files)).toEqual([]);
	});

	it.each([
		'dist/nodes/InsightFaceSwap/InsightFaceSwap.node.js.map',
		'dist/nodes/InsightFaceSwap/InsightFaceSwap.node.d.ts',
		'dist/nodes/InsightFaceSwap/InsightFaceSwap.node.ts',
		'dist/nodes/InsightFaceSwap/api/form.test.js',
		'dist/nodes/InsightFaceSwap/test/form.js',
		'dist/nodes/InsightFaceSwap/actions/job/getAll.js',
		'dist/other.js',
		'dist/nodes/InsightFaceSwap/fixtures/job.node.json',
		'dist/nodes/InsightFaceSwap/answers.json',
		'dist/nodes/InsightFaceSwap/__schema__/v1.0.0/picsi/swap.js',
		'dist/simulator/server.js',
		'dist/tsconfig.tsbuildinfo',
		'dist/icons/portrait.png',
		'nodes/InsightFaceSwap/InsightFaceSwap.node.js',
		'.env',
	])('may not be %s', (path) => {
		expect(strayFiles(['package.json', path])).toEqual([path]);
	});
});

describe('the code of the package', () => {
	it('may ask for n8n-workflow, crypto and its own files', () => {
		const code = `require("n8n-workflow"); require('node:crypto'); require("crypto"); require("../api/form");`;
		expect(foreignImports(code)).toEqual([]);
	});

	it.each(['form-data', 'fs', 'node:stream', 'lodash', '@n8n/di', 'n8n-workflow/dist/cjs'])(
		'may not ask for %s',
		(name) => {
			expect(foreignImports(`const it = require("${name}");`)).toEqual([name]);
			expect(foreignImports(`await import('${name}')`)).toEqual([name]);
		},
	);
});

describe('the texts of the package', () => {
	const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';

	it.each([
		['a useapi.net token', `user:1234-${letters.slice(0, 20)}`],
		['a Discord token', `M${letters.slice(0, 23)}.${letters.slice(0, 6)}.${letters.slice(0, 30)}`],
		['an npm token', `npm_${letters}`],
		['a GitHub token', `ghp_${letters}`],
		['a private key', ['-----BEGIN', 'RSA', 'PRIVATE KEY-----'].join(' ')],
	])('may not hold %s', (kind, secret) => {
		expect(secretsIn(`const value = '${secret}';`)).toEqual([kind]);
	});

	it('may speak of tokens', () => {
		expect(secretsIn('The API token, e.g. user:1234-…, as in "user:1-simulator"')).toEqual([]);
	});
});
