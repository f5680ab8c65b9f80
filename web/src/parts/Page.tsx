import { Link, type LinkProps } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import { BackIcon } from './icons';
import styles from './Page.module.css';

interface Props {
  title: string;
  about?: ReactNode;
  act?: ReactNode;
  back?: { to: LinkProps['to']; params?: Record<string, string>; label: string };
  narrow?: boolean;
  full?: boolean; // as high as the window, and what is long in it scrolls by itself
  children: ReactNode;
}

// Page is what every page stands in: its name, what can be done with it, and the rest.
export function Page({ title, about, act, back, narrow, full, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Muster`;
  }, [title]);
  return (
    <div className={[styles.page, narrow && styles.narrow, full && styles.full].filter(Boolean).join(' ')}>
      <header className={styles.head}>
        <div className={styles.name}>
          {back && (
            <Link to={back.to} params={back.params as never} className={styles.back}>
              <BackIcon size={14} />
              {back.label}
            </Link>
          )}
          <h1>{title}</h1>
          {about && <div className={styles.about}>{about}</div>}
        </div>
        {act && <div className={styles.act}>{act}</div>}
      </header>
      {children}
    </div>
  );
}

// Panel is one matter of a page.
export function Panel({ title, act, flush, children }: { title?: ReactNode; act?: ReactNode; flush?: boolean; children: ReactNode }) {
  return (
    <section className={styles.panel} aria-label={typeof title === 'string' ? title : undefined}>
      {(title || act) && (
        <div className={styles.panelHead}>
          {title && <h2>{title}</h2>}
          {act}
        </div>
      )}
      <div className={flush ? styles.panelRest : styles.panelBody}>{children}</div>
    </section>
  );
}
