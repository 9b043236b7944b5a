import { newerVersions } from '../../../scripts/newer-versions';

const tested = ['1.123.81', '2.41.1'];
const published = ['2.9.0', '2.41.1', '1.123.81', '1.9.3', '2.42.0', '2.42.0-rc.1', '2.41.10'];

describe('a newer n8n', () => {
	it('is the newest of a tested major version, by numbers', () => {
		expect(newerVersions(tested, published, '2.41.10')).toEqual([
			{ newest: '2.41.10', instead: '2.41.1' },
		]);
	});

	it('is not what users do not get yet', () => {
		expect(newerVersions(tested, published, '2.41.1')).toEqual([]);
	});

	it('may be one of an older major version', () => {
		expect(newerVersions(tested, [...published, '1.124.0'], '2.41.1')).toEqual([
			{ newest: '1.124.0', instead: '1.123.81' },
		]);
	});

	it('may have a new major version', () => {
		expect(newerVersions(tested, [...published, '3.0.0'], '3.0.0')).toEqual([
			{ newest: '2.42.0', instead: '2.41.1' },
			{ newest: '3.0.0', instead: '2.41.1' },
		]);
	});
});
