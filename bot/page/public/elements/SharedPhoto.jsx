import { useState } from "react";
import { Copy, Download, ImageOff, ShieldCheck } from "lucide-react";

// props: { id, url, view, name, filename, alt, ratio, facts }: a copy that was made for sharing.

const say = (english) => (window.photopal?.say ? photopal.say(english) : english);

export default function SharedPhoto() {
  const [gone, setGone] = useState(false);
  if (gone) {
    return (
      <p className="pp-gone pp-gone-card">
        <ImageOff size={20} aria-hidden />
        {say("The shared copy is gone from the disk.")}
      </p>
    );
  }
  return (
    <figure
      className="pp-shared"
      data-photo={props.id}
      data-view={props.url}
      data-name={props.name}
    >
      <img
        src={props.url}
        alt={props.alt}
        style={{ aspectRatio: String(props.ratio) }}
        onError={() => setGone(true)}
      />
      <figcaption>
        <span className="pp-clean">
          <ShieldCheck size={15} aria-hidden />
          {say(props.facts)}
        </span>
        <span className="pp-pair">
          <button
            type="button"
            className="pp-download pp-second"
            onClick={() => photopal.copyPicture({ view: props.url, name: props.name })}
          >
            <Copy size={15} aria-hidden />
            {say("Copy")}
          </button>
          <a className="pp-download" href={props.url} download={props.filename}>
            <Download size={15} aria-hidden />
            {say("Download")}
          </a>
        </span>
      </figcaption>
    </figure>
  );
}
