/** What every database for jobs has to do. */
import { describePlaces } from '../helpers/places.js';
import { jobsContract } from './contract/jobs.js';
import { workersContract } from './contract/workers.js';

describePlaces('the store', (place) => {
  jobsContract(place);
  workersContract(place);
});
