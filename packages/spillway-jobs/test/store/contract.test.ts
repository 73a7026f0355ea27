/** What every database for jobs has to do. */
import { describePlaces } from '../helpers/places.js';
import { chainsContract } from './contract/chains.js';
import { jobsContract } from './contract/jobs.js';
import { logsContract } from './contract/logs.js';
import { schedulesContract } from './contract/schedules.js';
import { workersContract } from './contract/workers.js';

describePlaces('the store', (place) => {
  jobsContract(place);
  workersContract(place);
  chainsContract(place);
  logsContract(place);
  schedulesContract(place);
});
