// What may ship in the package: pure functions that verify-package.mjs and the tests share.

const sizeLimit = 310_000;

const allowedFiles = [
	/^(package\.json|README\.md|LICENSE|CHANGELOG\.md|index\.js)$/,
	/^dist\/(insightfaceswap|credentials\/\w+\.credentials|nodes\/InsightFaceSwap\/\w+\.node)\.js$/,
	/^dist\/nodes\/InsightFaceSwap\/\w+\.node\.json$/,
	/^dist\/nodes\/InsightFaceSwap\/__schema__\/v1\.0\.0(\/\w+\/\w+)?\.json$/,
	/^dist\/icons\/[^/]+\.svg$/,
];
const developmentFiles = /(^|[./_-])(tests?|specs?|mocks?|fixtures?|simulator)([./_-]|$)/i;

const secrets = {
	'a useapi.net token': /\buser:\d+-\w{16,}/,
	'a Discord token': /\b[MNO][\w-]{22,27}\.[\w-]{6}\.[\w-]{27,}/,
	'an npm token': /\bnpm_\w{36}/,
	'a GitHub token': /\bgh[pousr]_\w{36}/,
	'a private key': /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
};

// Of what the official rules allow, only these are there in every n8n: it isolates packages from each other.
const allowedImports = ['n8n-workflow', 'crypto', 'node:crypto'];
const importCall = /\b(?:require|import)\s*\(\s*(["'`])(.+?)\1/g;

/** The paths (relative, with slashes) that are not meant to ship. */
function strayFiles(paths) {
	return paths.filter(
		(path) => developmentFiles.test(path) || !allowedFiles.some((pattern) => pattern.test(path)),
	);
}

/** What kinds of secrets stand in a file's text. */
function secretsIn(text) {
	return Object.keys(secrets).filter((kind) => secrets[kind].test(text));
}

/**
 * The modules that compiled code asks for and that a user's n8n may not have. The official rule lets
 * a package's development dependencies pass, so this one looks too.
 */
function foreignImports(code) {
	return [...code.matchAll(importCall)]
		.map((match) => match[2])
		.filter((name) => !/^\.\.?\//.test(name) && !allowedImports.includes(name));
}

/** The files that a manifest promises to n8n: nodes and credentials. */
function promisedFiles(manifest) {
	return [...manifest.n8n.credentials, ...manifest.n8n.nodes];
}

module.exports = {
	allowedImports,
	foreignImports,
	promisedFiles,
	secretsIn,
	sizeLimit,
	strayFiles,
};
