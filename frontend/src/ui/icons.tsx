import type { ReactNode } from "react";

function icon(path: ReactNode) {
  // biome-ignore lint/correctness/noComponentHookFactories: each is made once, when the module loads
  return function Icon({ size = 18, className }: { size?: number; className?: string }) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
        className={className}
      >
        {path}
      </svg>
    );
  };
}

export const IconCheck = icon(<path d="M5 12.5l4.5 4.5L19 7.5" />);
export const IconCross = icon(<path d="M6.5 6.5l11 11M17.5 6.5l-11 11" />);
export const IconWarn = icon(<path d="M12 4L2.8 19.5h18.4L12 4zM12 10v4.5M12 17.2v.1" />);
export const IconSpin = icon(<path d="M12 3a9 9 0 1 0 9 9" />);
export const IconClock = icon(
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 7v5l3.5 2" />
  </>,
);
export const IconStop = icon(
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M5.8 5.8l12.4 12.4" />
  </>,
);
/** A dashed circle: nothing is there yet. */
export const IconNever = icon(<circle cx="12" cy="12" r="8.5" strokeDasharray="3.6 3.1" />);
export const IconInfo = icon(
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 11v5M12 7.8v.1" />
  </>,
);
export const IconHome = icon(
  <path d="M4 11l8-7 8 7v8.5a.5.5 0 0 1-.5.5H15v-6H9v6H4.5a.5.5 0 0 1-.5-.5V11z" />,
);
export const IconPlay = icon(<path d="M7 4.5v15l12-7.5-12-7.5z" />);
export const IconList = icon(<path d="M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01" />);
export const IconDevice = icon(
  <>
    <rect x="3" y="5" width="18" height="6" rx="1.5" />
    <rect x="3" y="13" width="18" height="6" rx="1.5" />
    <path d="M7 8h.01M7 16h.01M11 8h6M11 16h6" />
  </>,
);
export const IconFile = icon(
  <path d="M7 3h7l5 5v13H7a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM14 3v5h5M9 13h7M9 17h5" />,
);
export const IconKey = icon(
  <>
    <circle cx="8" cy="15" r="4" />
    <path d="M11 12l8.5-8.5M16 7l3 3" />
  </>,
);
export const IconShield = icon(<path d="M12 3l8 3v6c0 4.5-3.2 7.9-8 9-4.8-1.1-8-4.5-8-9V6l8-3z" />);
export const IconUsers = icon(
  <>
    <circle cx="9" cy="8" r="3.5" />
    <path d="M2.5 20c.6-3.6 3.2-5.5 6.5-5.5s5.900 1.900 6.500 5.500M16 4.800a3.500 3.500 0 0 1 0 6.400M18.500 14.900c1.700.8 2.700 2.500 3 5.100" />
  </>,
);
export const IconTicket = icon(
  <path d="M4 7h16v3.500a1.500 1.500 0 0 0 0 3V17H4v-3.500a1.500 1.500 0 0 0 0-3V7zM14 7v10" />,
);
export const IconBook = icon(
  <path d="M5 4h12a2 2 0 0 1 2 2v14H7a2 2 0 0 1-2-2V4zM5 18a2 2 0 0 1 2-2h12M9 8h6" />,
);
export const IconGear = icon(
  <>
    <circle cx="12" cy="12" r="3.2" />
    <path d="M12 2.800v3M12 18.200v3M2.800 12h3M18.200 12h3M5.500 5.500l2.100 2.100M16.400 16.400l2.100 2.100M18.500 5.500l-2.100 2.100M7.600 16.400l-2.100 2.100" />
  </>,
);
export const IconRefresh = icon(
  <path d="M20 11a8 8 0 0 0-14.300-4L3.500 9.500M3.500 4.500v5h5M4 13a8 8 0 0 0 14.300 4l2.200-2.500M20.500 19.500v-5h-5" />,
);
export const IconSearch = icon(
  <>
    <circle cx="11" cy="11" r="6.500" />
    <path d="M16 16l4.500 4.500" />
  </>,
);
export const IconCopy = icon(
  <>
    <rect x="8.500" y="8.500" width="12" height="12" rx="2" />
    <path d="M15.500 8.500v-3a2 2 0 0 0-2-2h-8a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h3" />
  </>,
);
export const IconDown = icon(<path d="M12 4v11M7 10.500l5 5 5-5M5 20h14" />);
export const IconUp = icon(<path d="M12 16V5M7 9.500l5-5 5 5M5 20h14" />);
export const IconPlus = icon(<path d="M12 5v14M5 12h14" />);
export const IconTrash = icon(
  <path d="M4 7h16M9.500 7V4.500h5V7M6.500 7l.8 12.500h9.400L17.500 7M10.500 11v5M13.500 11v5" />,
);
export const IconRetry = icon(<path d="M4 12a8 8 0 1 0 2.600-5.900L4 8.500M4 3.500v5h5" />);
export const IconSun = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M18.700 5.300l-1.400 1.400M6.700 17.300l-1.400 1.400" />
  </>,
);
export const IconMoon = icon(
  <path d="M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z" />,
);
export const IconScreen = icon(
  <>
    <rect x="3" y="4" width="18" height="12.500" rx="2" />
    <path d="M9 20.500h6M12 16.500v4" />
  </>,
);
export const IconPerson = icon(
  <>
    <circle cx="12" cy="8" r="4" />
    <path d="M4.500 20.500c.8-4 3.800-6 7.500-6s6.700 2 7.500 6" />
  </>,
);
export const IconRight = icon(<path d="M9 5.500l6.500 6.500L9 18.500" />);
export const IconBefore = icon(<path d="M5.5 15L12 8.500l6.500 6.500" />);
export const IconNext = icon(<path d="M5.5 9L12 15.500 18.500 9" />);
export const IconLink = icon(
  <path d="M14 5h5v5M19 5l-8.500 8.500M17 14v4a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1h4" />,
);
export const IconTable = icon(<path d="M3.5 5h17v14h-17zM3.5 10h17M3.5 14.5h17M9.5 10v9" />);
export const IconChange = icon(<path d="M7 4v13M3.5 13.5L7 17l3.5-3.5M17 20V7M13.5 10.5L17 7l3.5 3.5" />);
export const IconPin = icon(
  <>
    <path d="M12 21s7-6.500 7-11.500a7 7 0 0 0-14 0C5 14.500 12 21 12 21z" />
    <circle cx="12" cy="9.500" r="2.500" />
  </>,
);
export const IconGraph = icon(
  <>
    <circle cx="6" cy="6" r="2.500" />
    <circle cx="18" cy="8" r="2.500" />
    <circle cx="10" cy="18" r="2.500" />
    <path d="M8.500 6.400l7 1.200M7 8.300l2.200 7.300M16.500 10l-5 6" />
  </>,
);
export const IconGrid = icon(<path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z" />);
