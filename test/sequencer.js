const Sequencer = require('@jest/test-sequencer').default;

/**
 * Those that take minutes, the longest first. Jest knows the durations of its last run, which a fresh clone
 * does not have: a long file that begins last leaves the other worker idle.
 */
const longest = [
	'e2e/editor/editor',
	'e2e/queue',
	'e2e/repeat',
	'e2e/trigger',
	'e2e/versions',
	'e2e/batch',
	'e2e/manyLostCallbacks',
	'e2e/n8nCompat',
	'integration/downloads',
	'integration/catchUp',
	'integration/triggerRegistration',
	'integration/faults',
	'integration/trigger',
	'unit/channelsOfManyExecutions',
];

/** Its place in the list; those that are not there come after it. */
function placeOf({ path }) {
	const name = path
		.split(/[\\/]test[\\/]/)
		.at(-1)
		.replace(/\\/g, '/');
	const place = longest.findIndex((file) => name === `${file}.test.ts`);
	return place < 0 ? longest.length : place;
}

module.exports = class extends Sequencer {
	/** Jest's own order within those that are not in the list. */
	sort(tests) {
		return super.sort(tests).sort((one, other) => placeOf(one) - placeOf(other));
	}
};
