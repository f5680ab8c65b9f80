import type { ReactNode } from 'react';

function icon(children: ReactNode) {
  return function Icon({ size = 18 }: { size?: number }) {
    return (
      <svg width={size} height={size} viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
        {children}
      </svg>
    );
  };
}

export const OverviewIcon = icon(<path d="M3 14.5 7.5 9l3.5 3.5 6-7M3 17.5h14" />);
export const DevicesIcon = icon(
  <>
    <rect x="3" y="4" width="6" height="6" rx="1.2" />
    <rect x="11" y="4" width="6" height="6" rx="1.2" />
    <rect x="3" y="12" width="6" height="4.5" rx="1.2" />
    <rect x="11" y="12" width="6" height="4.5" rx="1.2" />
  </>,
);
export const ProfilesIcon = icon(<path d="M10 2.8 17 6.4 10 10 3 6.4ZM3.4 10.2 10 13.6l6.6-3.4M3.4 13.8 10 17.2l6.6-3.4" />);
export const WhyIcon = icon(
  <>
    <circle cx="10" cy="10" r="7.2" />
    <path d="M7.8 8a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M10 14.1v.1" />
  </>,
);
export const WaitingIcon = icon(
  <>
    <circle cx="10" cy="10" r="7.2" />
    <path d="M10 5.8V10l2.8 1.8" />
  </>,
);
export const SearchIcon = icon(
  <>
    <circle cx="9" cy="9" r="5.2" />
    <path d="m13 13 3.8 3.8" />
  </>,
);
export const CopyIcon = icon(
  <>
    <rect x="7" y="7" width="9.5" height="9.5" rx="1.8" />
    <path d="M4.8 12.8c-.8-.1-1.3-.7-1.3-1.5v-6c0-1 .8-1.8 1.8-1.8h6c.8 0 1.4.5 1.5 1.3" />
  </>,
);
export const TickIcon = icon(<path d="m4.5 10.5 3.7 3.7 7.3-8.4" />);
export const CrossIcon = icon(<path d="m5.5 5.5 9 9m0-9-9 9" />);
export const DotIcon = icon(<circle cx="10" cy="10" r="1.4" fill="currentColor" />);
export const MenuIcon = icon(<path d="M3.5 6h13M3.5 10h13M3.5 14h13" />);
export const PlusIcon = icon(<path d="M10 4.5v11M4.5 10h11" />);
export const BackIcon = icon(<path d="M12 5 7 10l5 5" />);
export const NextIcon = icon(<path d="m8 5 5 5-5 5" />);
export const MoreIcon = icon(
  <g fill="currentColor" stroke="none">
    <circle cx="4.5" cy="10" r="1.4" />
    <circle cx="10" cy="10" r="1.4" />
    <circle cx="15.5" cy="10" r="1.4" />
  </g>,
);
export const PencilIcon = icon(<path d="m4 13.2-.6 3.4 3.4-.6L16 6.8a1.7 1.7 0 0 0 0-2.4l-.4-.4a1.7 1.7 0 0 0-2.4 0Z" />);
export const BinIcon = icon(<path d="M4 5.8h12M8 5.6V3.8h4v1.8M5.6 5.8l.7 10.4h7.4l.7-10.4" />);
export const PlugIcon = icon(<path d="M7 3v4m6-4v4M5 7h10v2.5a5 5 0 0 1-10 0ZM10 14.5V17.5" />);
export const SettingsIcon = icon(
  <>
    <path d="M3 6h8m5 0h1M3 14h1m5 0h8" />
    <circle cx="13.2" cy="6" r="2" />
    <circle cx="6.8" cy="14" r="2" />
  </>,
);
export const ColumnsIcon = icon(<path d="M3.5 4.5h13v11h-13ZM8 4.5v11M12.2 4.5v11" />);
export const CertificatesIcon = icon(
  <>
    <circle cx="10" cy="8" r="4.8" />
    <path d="m7 12-1 5.5 4-2 4 2-1-5.5" />
  </>,
);
export const DownloadIcon = icon(<path d="M10 3.5v9m-3.6-3.4L10 12.7l3.6-3.6M4 16.5h12" />);
export const WarningIcon = icon(<path d="M10 3.2 17.4 16H2.6ZM10 8v3.6m0 2v.1" />);
export const BulkIcon = icon(<path d="M3.5 5h6M3.5 10h6M3.5 15h6M14 4.5v11m-2.8-2.8 2.8 2.8 2.8-2.8" />);
