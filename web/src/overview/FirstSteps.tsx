import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Panel } from '../parts/Page';
import { useMay } from '../people/session';
import { allProfiles } from '../profiles/queries';
import { useWords } from '../words/words';
import styles from './FirstSteps.module.css';
import { words } from './words';

// FirstSteps stand where the figures will be, as long as there is no device.
export function FirstSteps() {
  const w = useWords(words);
  const may = useMay('operator');
  const { data: profiles } = useQuery(allProfiles);
  const made = (profiles?.items.length ?? 0) > 1; // one is there from the start
  return (
    <Panel title={w.first}>
      <p className={styles.about}>{w.firstText}</p>
      <ol className={styles.steps}>
        <li data-done={made || undefined}>
          <h3>
            {w.firstProfile}
            {made && <small>{w.done}</small>}
          </h3>
          <p>{w.firstProfileText}</p>
          {may && (
            <Button variant={made ? 'default' : 'filled'} renderRoot={(props) => <Link to="/add-profile" {...props} />}>
              {w.addProfile}
            </Button>
          )}
        </li>
        <li>
          <h3>{w.firstDevice}</h3>
          <p>{w.firstDeviceText}</p>
          <div className={styles.acts}>
            <Button variant={made ? 'filled' : 'default'} renderRoot={(props) => <Link to="/connect" {...props} />}>
              {w.commands}
            </Button>
            {may && (
              <Button variant="default" renderRoot={(props) => <Link to="/add-device" {...props} />}>
                {w.addDevice}
              </Button>
            )}
          </div>
        </li>
        <li>
          <h3>{w.firstWatch}</h3>
          <p>{w.firstWatchText}</p>
        </li>
      </ol>
    </Panel>
  );
}
