import manifest from '../../../package.json';

// What n8n's verification demands of package.json and no editor would notice.
describe('the manifest', () => {
	it('brings no dependency along', () => {
		expect(manifest).not.toHaveProperty('dependencies');
		expect(manifest).not.toHaveProperty('optionalDependencies');
		expect(manifest).not.toHaveProperty('bundledDependencies');
		expect(manifest).not.toHaveProperty('overrides');
	});

	it('asks for n8n-workflow of any version and for nothing else', () => {
		expect(manifest.peerDependencies).toEqual({ 'n8n-workflow': '*' });
	});

	it('is found as a community node', () => {
		expect(manifest.name).toMatch(/^n8n-nodes-/);
		expect(manifest.keywords).toContain('n8n-community-node-package');
	});

	it('declares the strict mode and the version of the nodes API', () => {
		expect(manifest.n8n).toMatchObject({ n8nNodesApiVersion: 1, strict: true });
	});

	it('publishes dist alone', () => {
		expect(manifest.files).toEqual(['dist']);
	});

	it('runs nothing on the machine that installs it', () => {
		const lifecycle = /^(pre|post)?(install|prepare|uninstall)$/;
		expect(Object.keys(manifest.scripts).filter((name) => lifecycle.test(name))).toEqual([]);
	});

	it('says under which licence and by whom', () => {
		expect(manifest.license).toBe('MIT');
		expect(manifest.author.name).not.toBe('');
		expect(manifest.repository.url).toMatch(/^git\+https:\/\/github\.com\//);
	});

	it('gives no e-mail address that somebody else could register, until a publisher gives theirs', () => {
		// n8n's verification demands an address; the ending ".invalid" is reserved.
		const isPlaceholder = manifest.author.name.endsWith(' maintainers');
		expect(manifest.author.email.endsWith('.invalid')).toBe(isPlaceholder);
	});
});
