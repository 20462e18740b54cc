-- The ids of photos by day, place, camera and folder, read from an index alone: with a million
-- photos, a look at each photo's row would take longer than the search that a filter is for.
-- 'status' and 'hidden' are columns of them since SQLite looks at the row for what is only in WHERE.
DROP INDEX photo_taken_on;
DROP INDEX photo_place;
DROP INDEX photo_camera;
CREATE INDEX photo_taken_on ON photo (taken_on, status, hidden)
    WHERE status = 'present' AND hidden = 0;
CREATE INDEX photo_place ON photo (country, region, city, status, hidden)
    WHERE status = 'present' AND hidden = 0;
CREATE INDEX photo_camera ON photo (camera, status, hidden)
    WHERE status = 'present' AND hidden = 0;
CREATE INDEX photo_folder ON photo (path, status, hidden)
    WHERE status = 'present' AND hidden = 0;
CREATE INDEX photo_favourite ON photo (favourite) WHERE favourite <> 0;
